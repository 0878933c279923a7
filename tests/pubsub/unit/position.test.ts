import { expect, it } from "vitest";
import { appendEvents } from "../../../packages/pubsub/src/core/log/append.ts";
import { currentPosition } from "../../../packages/pubsub/src/core/log/position.ts";
import type { TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { createMemoryTopicLog, type MemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { DAY_SECONDS, rejectionOf } from "../../support/samples.ts";

const TOPIC = "topic";

function setUp(): {
  clock: ManualClock;
  log: MemoryTopicLog;
  publish(id: string): Promise<{ epoch: string; offset: number }>;
} {
  const clock = createManualClock();
  const log = createMemoryTopicLog(clock);
  return {
    clock,
    log,
    async publish(publicationId) {
      const draft = {
        publicationId,
        publishedAt: clock.now(),
        json: "1",
        verbatim: false,
        idempotent: false,
      };
      const { appended } = await appendEvents({ log, clock, retentionSeconds: DAY_SECONDS }, TOPIC, [draft]);
      const { epoch, offset } = appended.get(draft) ?? { epoch: "", offset: -1 };
      return { epoch, offset };
    },
  };
}

it("returns the offset of the last event", async () => {
  const { clock, log, publish } = setUp();
  await publish("a");
  const last = await publish("b");
  expect(await currentPosition({ log, clock }, TOPIC, { retentionSeconds: DAY_SECONDS })).toEqual(last);
  expect(last.offset).toBe(2);
});

it("returns offset 0 of the next event's epoch for a topic without events, and the same to every caller", async () => {
  const { clock, log, publish } = setUp();
  const position = await currentPosition({ log, clock }, TOPIC, { retentionSeconds: DAY_SECONDS });
  expect(position.offset).toBe(0);
  clock.advance(5_000);
  expect(await currentPosition({ log, clock }, TOPIC, { retentionSeconds: DAY_SECONDS })).toEqual(position);
  expect(await publish("a")).toEqual({ epoch: position.epoch, offset: 1 });
});

it("keeps a position valid longer than the consumers that received it, however often it is returned", async () => {
  const { clock, log, publish } = setUp();
  const position = await currentPosition({ log, clock }, TOPIC, { retentionSeconds: DAY_SECONDS });
  for (let hours = 0; hours < 100; hours++) {
    clock.advance(3_600_000);
    log.sweep();
    expect(await currentPosition({ log, clock }, TOPIC, { retentionSeconds: DAY_SECONDS })).toEqual(position);
  }
  clock.advance(2 * 3_600_000);
  log.sweep();
  expect(await publish("a")).toEqual({ epoch: position.epoch, offset: 1 });
});

it("keeps a position valid for a connection's whole life if the retention is shorter", async () => {
  const { clock, log, publish } = setUp();
  const position = await currentPosition({ log, clock }, TOPIC, { retentionSeconds: 60 });
  clock.advance(7_200_000);
  log.sweep();
  expect(await publish("a")).toEqual({ epoch: position.epoch, offset: 1 });
});

it("removes a position that no connection can have any more", async () => {
  const { clock, log } = setUp();
  await currentPosition({ log, clock }, TOPIC, { retentionSeconds: 60 });
  clock.advance(7_200_000 + 2 * 60_000 + 1_000);
  log.sweep();
  expect(await log.tail(TOPIC)).toEqual({});
});

it("writes nothing for a fresh epoch record and renews it before half of its life is over", async () => {
  const { clock, log } = setUp();
  let writes = 0;
  const counting: TopicLog = {
    ...log,
    openEpoch(request) {
      writes += 1;
      return log.openEpoch(request);
    },
  };
  for (const subscribers of [1, 2, 3]) {
    await currentPosition({ log: counting, clock }, TOPIC, { retentionSeconds: DAY_SECONDS });
    expect(writes, `${subscribers} subscribers`).toBe(1);
    clock.advance(3_600_000);
  }
  clock.advance(DAY_SECONDS * 1_000);
  await currentPosition({ log: counting, clock }, TOPIC, { retentionSeconds: DAY_SECONDS });
  expect(writes).toBe(2);
});

it("returns a new, later epoch after the log has expired", async () => {
  const { clock, log, publish } = setUp();
  const last = await publish("a");
  for (const sweep of [() => {}, log.sweep]) {
    clock.advance(DAY_SECONDS * 1_000);
    sweep();
    const position = await currentPosition({ log, clock }, TOPIC, { retentionSeconds: DAY_SECONDS });
    expect(position.offset).toBe(0);
    expect(position.epoch > last.epoch).toBe(true);
  }
});

it("opens no epoch if the current one may end soon by another clock", async () => {
  const { clock, log, publish } = setUp();
  const last = await publish("a");
  clock.advance((DAY_SECONDS - 90) * 1_000);
  const before = await log.tail(TOPIC);
  expect(await currentPosition({ log, clock }, TOPIC, { retentionSeconds: DAY_SECONDS })).toEqual(last);
  expect(await log.tail(TOPIC)).toEqual(before);
});

it("rejects with a retryable error if the log changes at every read", async () => {
  const { clock, log } = setUp();
  const restless: TopicLog = { ...log, openEpoch: async () => false };
  expect(
    await rejectionOf(currentPosition({ log: restless, clock }, TOPIC, { retentionSeconds: DAY_SECONDS })),
  ).toMatchObject({
    code: "APPEND_CONTENDED",
    retryable: true,
    message: "the log of the topic changed 10 times while it was read",
    context: { topicId: TOPIC },
  });
  // Each wait is longer than the one before, so that callers that collide stop colliding
  expect(clock.slept).toEqual(Array.from({ length: 10 }, (_, n) => 5 * 2 ** n));
});
