import { randomUUID } from "node:crypto";
import { getPublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { connect, connectSubscribers } from "../support/sockets.ts";

const SUBSCRIBERS = 120;

/** A third of the rate below, and a sixth of its bucket: even posts that arrive seconds late, together, fit into the rest. */
const SHARE = { PUBSUB_MAX_POSTS_PER_SECOND: "20" };
const ACCOUNT = { postsPerSecond: 60, postBurst: 60 };

const local = stackForFile(() => ({
  fanout: { maximumConcurrency: 1 },
  functionEnv: SHARE,
}));

it("throttles neither a handshake nor a SUBSCRIBE nor a post while a worker with a share posts more than the account's bucket holds", async () => {
  const { config, stack } = local;
  const topicId = randomUUID();
  const subscribers = await connectSubscribers(stack, topicId, SUBSCRIBERS);
  // Only now: the handshakes and messages of the subscribers are requests of the same rate
  stack.setLimits(ACCOUNT);
  const publication = await publishToTopic({ topicId, data: "to everybody", config });
  await eventually(() => expect(subscribers.some(({ received }) => received.length > 0)).toBe(true));

  const neighbour = await connect(stack);
  const response = await neighbour.request({ action: "SUBSCRIBE", topicId: `other-${topicId}` });
  expect(response).toMatchObject({ type: "SUBSCRIBED" });

  await eventually(() => expect(subscribers.filter(({ received }) => received.length === 0)).toEqual([]));
  await fanoutIdle(local);
  const status = await getPublicationStatus({ ...publication, config });
  expect(status).toMatchObject({ state: "complete", delivered: SUBSCRIBERS, retried: 0 });
  expect(stack.stats().gateway).toMatchObject({
    throttledAccount: 0,
    throttledMessages: 0,
    throttledConnects: 0,
  });
});
