import { randomUUID } from "node:crypto";
import { countSubscribers, getPublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { connect } from "../support/sockets.ts";

const SUBSCRIBERS = 200;

const local = stackForFile();

/** It allows a tenth of the posts at once, and then fewer a second than the slowest machine makes. */
const FAR_TOO_LOW = { postsPerSecond: 80, postBurst: 20 };

it("delays delivery but loses and repeats no event when the account's rate is far too low", async () => {
  const { config, stack } = local;
  const topicId = randomUUID();
  const sockets = await Promise.all(Array.from({ length: SUBSCRIBERS }, () => connect(stack)));
  // Without a request id, because responses are posts too
  for (const socket of sockets) socket.send({ action: "SUBSCRIBE", topicId });
  await eventually(async () => expect(await countSubscribers({ topicId, config })).toBe(SUBSCRIBERS));

  // Only now, because handshakes and messages are requests of the same rate
  stack.setLimits(FAR_TOO_LOW);
  const publication = await publishToTopic({ topicId, data: "patience", config });
  await eventually(() => expect(sockets.filter(({ received }) => received.length === 0)).toEqual([]));
  await fanoutIdle(local);
  expect(sockets.filter(({ received }) => received.join() !== "patience")).toEqual([]);
  const status = await getPublicationStatus({ ...publication, config });
  expect(status).toMatchObject({ state: "complete", delivered: SUBSCRIBERS, gone: 0, abandoned: 0 });
  expect(stack.stats().gateway.throttledAccount).toBeGreaterThan(0);
  expect(status.retried).toBeGreaterThan(0);
});
