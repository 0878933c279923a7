import { expect, it } from "vitest";
import { createLimiter } from "../../packages/pubsub/src/core/delivery/limiter.ts";
import { createLimiters } from "../../packages/pubsub/src/core/delivery/limiters.ts";
import { handleBatch } from "../../packages/pubsub/src/core/fanout/batch.ts";
import { encodeFanoutMessage } from "../../packages/pubsub/src/core/fanout/message.ts";
import { publicationStatus } from "../../packages/pubsub/src/core/fanout/status.ts";
import { createMemoryConnections } from "../../packages/pubsub/src/testing/connections.ts";
import { createMemoryLedger } from "../../packages/pubsub/src/testing/ledger.ts";
import { createMemoryQueue } from "../../packages/pubsub/src/testing/queue.ts";
import { createMemorySubscriptions } from "../../packages/pubsub/src/testing/subscriptions.ts";
import { createMemoryTopicLog } from "../../packages/pubsub/src/testing/topic-log.ts";
import { createManualClock } from "../support/manual-clock.ts";
import { consumerOf, storedEvent, subscriptionOf } from "../support/samples.ts";

/**
 * A worker died after it had removed the subscriptions that were gone, and before it had written that to the
 * ledger. The page was repeated without these rows, so three of ten were missing from the account.
 */
it("completes a publication's status when its worker dies while it removes gone subscriptions", async () => {
  const clock = createManualClock();
  const topicId = "t";
  const connections = createMemoryConnections();
  const subscriptions = createMemorySubscriptions(clock);
  for (let index = 0; index < 10; index++) {
    await subscriptions.put(subscriptionOf(`c${index}`, topicId));
    if (index >= 3) connections.open(consumerOf(`c${index}`));
  }
  const ports = {
    log: createMemoryTopicLog(clock),
    connections,
    queue: createMemoryQueue(clock),
    ledger: createMemoryLedger(),
    clock,
    observe: () => {},
  };
  const worker = (): Omit<Parameters<typeof handleBatch>[0], "subscriptions"> => ({
    ...ports,
    limiterOf: createLimiters(() => createLimiter(clock)),
    settings: { partSize: 100, maxAttempts: 2 },
    deadlineMs: clock.now() + 10_000,
    leaseUntilMs: clock.now() + 20_000,
  });
  const publication = { topicId, epoch: "0mwt9syhr", offset: 1 };
  const { epoch } = publication;
  const events = [storedEvent(1)];
  const body = encodeFanoutMessage({ kind: "topic", step: 1, topicId, epoch, offsets: [1], events });

  // The first worker reaches the removal and then dies
  const removed = Promise.withResolvers<void>();
  const remove: typeof subscriptions.remove = async (gone) => {
    await subscriptions.remove(gone);
    removed.resolve();
    return new Promise(() => {});
  };
  void handleBatch({ ...worker(), subscriptions: { ...subscriptions, remove } }, [
    { id: "first", body, receiveCount: 1 },
  ]);
  await removed.promise;
  clock.advance(30_000);
  const received = { id: "second", body, receiveCount: 2 };
  const outcomes = await handleBatch({ ...worker(), subscriptions }, [received]);

  expect(outcomes.get("second")).toEqual({ outcome: "done" });
  expect(await publicationStatus(ports, publication)).toMatchObject({
    state: "complete",
    delivered: 7,
    gone: 3,
    abandoned: 0,
  });
});
