import { randomUUID } from "node:crypto";
import { countSubscribers, getPublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { outgrowYouth } from "../support/older-subscriptions.ts";
import { fanoutIdle } from "../support/queues.ts";
import { readRows } from "../support/rows.ts";
import { connectSubscriber } from "../support/sockets.ts";

const local = stackForFile();

/** `$disconnect` is best effort on AWS: the next publish finds gone connections that it left in the table. */
it("removes a subscription whose connection is gone at the next publish, and delivers to the others", async () => {
  const { config, stack } = local;
  const topicId = randomUUID();
  const [lost, alive] = [
    await connectSubscriber(stack, topicId),
    await connectSubscriber(stack, topicId, "event"),
  ];
  stack.faults.disconnect({ times: 1 });
  lost.socket.terminate();
  await eventually(() => expect(stack.stats().gateway.disconnectsLost).toBe(1));
  expect(await readRows(local, "consumer#")).toHaveLength(2);
  await outgrowYouth(local);

  const publication = await publishToTopic({ topicId, data: "who is there?", config });
  await fanoutIdle(local);
  await alive.settle();
  expect(alive.received).toHaveLength(1);
  const status = await getPublicationStatus({ ...publication, config });
  expect(status).toMatchObject({ state: "complete", delivered: 1, gone: 1, retried: 0, abandoned: 0 });
  expect(await readRows(local, "consumer#")).toHaveLength(1);
  expect(await countSubscribers({ topicId, config })).toBe(1);

  const next = await publishToTopic({ topicId, data: "and now?", config });
  await fanoutIdle(local);
  expect(await getPublicationStatus({ ...next, config })).toMatchObject({ delivered: 1, gone: 0 });
});
