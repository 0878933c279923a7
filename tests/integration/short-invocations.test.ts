import { randomUUID } from "node:crypto";
import { getPublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { afterAll, expect, it } from "vitest";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { seedSubscribers } from "../support/rows.ts";
import { functionsPostingTo, type Sink, startSink } from "../support/sink.ts";

const SUBSCRIBERS = 1_500;

let sink: Sink;
const local = stackForFile(async () => {
  sink = await startSink();
  return { functionEnv: functionsPostingTo(sink), fanout: { timeoutMs: 10_000 } };
});
afterAll(() => sink.stop());

/** Posting stops after 7 s, and with answers this slow a page of 1,000 takes longer. */
it("hands on the unsent part and repeats nothing when a fan-out takes longer than its function may run", async () => {
  const { config, stack } = local;
  const topicId = randomUUID();
  const ids = await seedSubscribers(local, topicId, SUBSCRIBERS);
  await sink.begin([], 1_600);
  const publication = await publishToTopic({ topicId, data: "in instalments", config });
  await fanoutIdle(local);
  const { delivered } = await sink.posts();
  expect(ids.filter((id) => delivered.get(id) !== 1)).toEqual([]);
  expect(sink.received()).toBe(SUBSCRIBERS);
  expect(await getPublicationStatus({ ...publication, config })).toMatchObject({
    state: "complete",
    delivered: SUBSCRIBERS,
    abandoned: 0,
  });
  expect(stack.stats().fanout).toMatchObject({ timeouts: 0, errors: 0, crashes: 0 });
  const handedOn = local.log.filter((line) => line.includes("redelivery-queued"));
  expect(handedOn.map((line) => JSON.parse(line) as unknown)).toContainEqual(
    expect.objectContaining({ attempt: 1, delaySeconds: 0 }),
  );
  expect(stack.stats().queue.failed).toBe(0);
});
