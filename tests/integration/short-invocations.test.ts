import { randomUUID } from "node:crypto";
import { getPublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { afterAll, expect, it } from "vitest";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { seedSubscribers } from "../support/rows.ts";
import { functionsPostingTo, type Sink, startSink } from "../support/sink.ts";

/** 256 connections carry at most 2,240 posts of this latency in the 14 s in which the function posts. */
const SUBSCRIBERS = 3_000;
const LATENCY_MS = 1_600;
/** The last posts have 4 s for their response, so that a busy machine does not make them again. */
const TIMEOUT_MS = 20_000;

let sink: Sink;
const local = stackForFile(async () => {
  sink = await startSink();
  return {
    functions: { fanout: functionPath("fanout-pages-of-3000") },
    functionEnv: functionsPostingTo(sink),
    fanout: { timeoutMs: TIMEOUT_MS },
  };
});
afterAll(() => sink.stop());

it("hands on what a function has no time to post, and posts nothing twice", async () => {
  const { config, stack } = local;
  const topicId = randomUUID();
  const ids = await seedSubscribers(local, topicId, SUBSCRIBERS);
  await sink.begin([], LATENCY_MS);
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
