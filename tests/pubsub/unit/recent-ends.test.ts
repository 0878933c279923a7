/** What a process remembers of the ends of logs: it may be old, so it must never make a client miss an event. */
import { beforeEach, expect, it } from "vitest";
import type { LogTail, TailOptions, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { type Healed, heal } from "../../../packages/pubsub/src/core/recovery/heal.ts";
import type { Position } from "../../../packages/pubsub/src/core/types.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { createMemoryTopicLog, type MemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { consumerOf, subscriptionOf } from "../../support/samples.ts";
import { at, EPOCH, fillLog, offsetsIn } from "./recovery-support.ts";

const consumer = consumerOf("client");
const observe = (event: object): void => expect.fail(JSON.stringify(event));

let clock: ManualClock;
let memory: MemoryTopicLog;
/** Counts the reads of the end, and lets them lag. */
let log: TopicLog;
let tails: (TailOptions | "strong")[];
/** What a lagging read does not show yet. */
let hidden: number;

beforeEach(() => {
  clock = createManualClock();
  memory = createMemoryTopicLog(clock);
  tails = [];
  hidden = 0;
  log = {
    ...memory,
    async tail(topicId, options) {
      tails.push(options?.mayLag ? options : "strong");
      const tail = await memory.tail(topicId, options);
      return options?.mayLag ? lagging(tail, options) : tail;
    },
  };
});

function lagging({ last, ...tail }: LogTail, { after }: TailOptions): LogTail {
  if (hidden === 0) return { ...tail, ...(last && { last }) };
  const offset = (last?.offset ?? 0) - hidden;
  return last && offset > (after?.offset ?? 0) ? { ...tail, last: { ...last, offset } } : {};
}

async function ping(positions: Record<string, Position>): Promise<Healed> {
  const subscriptions = createMemorySubscriptions(clock);
  for (const topicId of Object.keys(positions)) await subscriptions.put(subscriptionOf("client", topicId));
  const request = {
    consumer,
    asked: new Map(Object.entries(positions)),
    endsAtMs: Number.POSITIVE_INFINITY,
  };
  tails = [];
  return heal({ log, subscriptions, clock, observe }, request, { retentionSeconds: 3_600 });
}

const fill = (topicId: string, events: number): Promise<void> =>
  fillLog({ log: memory, clock }, topicId, Array(events).fill(1));

it("serves clients within a second from one read, and reads only what follows after it", async () => {
  await fill("t", 3);
  await ping({ t: at(3) });
  expect(tails).toEqual([{ mayLag: true }]);
  clock.advance(999);
  expect([...(await ping({ t: at(3) })).positions]).toEqual([["t", { ...at(3), recovered: true }]]);
  expect(tails).toEqual([]);
  clock.advance(1);
  await ping({ t: at(3) });
  expect(tails).toEqual([{ mayLag: true, after: at(3) }]);
});

it("reads strongly consistently for a client that is after what was read, and does not say that events are gone", async () => {
  await fill("t", 5);
  hidden = 2;
  expect([...(await ping({ t: at(5) })).positions]).toEqual([["t", { ...at(5), recovered: true }]]);
  expect(tails).toEqual([{ mayLag: true }, "strong"]);
  // The strongly consistent read counts for the next second
  await ping({ t: at(5) });
  expect(tails).toEqual([]);
});

it("replays up to the strongly consistent end for a client that is before what was read", async () => {
  await fill("t", 5);
  hidden = 2;
  const { positions, frames } = await ping({ t: at(1) });
  expect([...positions]).toEqual([["t", { ...at(5), recovered: true }]]);
  expect(offsetsIn(frames)).toEqual([2, 3, 4, 5]);
});

it("finds with the next read what a lagging read did not show", async () => {
  await fill("t", 5);
  hidden = 1;
  expect([...(await ping({ t: at(4) })).positions]).toEqual([["t", { ...at(4), recovered: true }]]);
  hidden = 0;
  clock.advance(1_000);
  expect(offsetsIn((await ping({ t: at(4) })).frames)).toEqual([5]);
});

it("says recovered: false to a client that is after the log's end", async () => {
  await fill("t", 2);
  for (const _ of ["unknown", "known"]) {
    expect([...(await ping({ t: at(3) })).positions]).toEqual([["t", { ...at(2), recovered: false }]]);
    expect(tails).toContain("strong");
  }
});

it("shares one read between clients at the same time", async () => {
  await fill("t", 2);
  const both = await Promise.all([ping({ t: at(2) }), ping({ t: at(2) })]);
  expect(both.map(({ positions }) => positions.get("t"))).toEqual(
    Array(2).fill({ ...at(2), recovered: true }),
  );
  expect(tails).toHaveLength(1);
});

it("does not wait for another client's read that has not ended for a second", async () => {
  await fill("t", 2);
  const { tail } = log;
  log.tail = () => new Promise(() => {});
  void ping({ t: at(2) });
  await Promise.resolve();
  log.tail = tail;
  clock.advance(1_000);
  expect((await ping({ t: at(2) })).positions.size).toBe(1);
});

it("leaves it to a strongly consistent read whether an epoch is over that may end soon", async () => {
  await fillLog({ log: memory, clock }, "t", [1], 3_600);
  await ping({ t: at(1) });
  clock.advance((3_600 - 120) * 1_000);
  expect([...(await ping({ t: at(1) })).positions]).toEqual([["t", { ...at(1), recovered: true }]]);
  expect(tails).toContain("strong");
  clock.advance(90_000);
  expect((await ping({ t: at(1) })).positions.get("t")).toMatchObject({ recovered: false });
});

it("reads the end as a whole again after ten minutes, and if the clock was set back", async () => {
  await fill("t", 3);
  await ping({ t: at(3) });
  for (const ms of [600_000, -60_000]) {
    clock.advance(ms);
    await ping({ t: at(3) });
    expect(tails).toEqual([{ mayLag: true }]);
  }
});

it("takes the positions of more than ten topics for the ends at first, and reads ten of the ends with each PING", async () => {
  const topics = Array.from({ length: 25 }, (_, n) => `topic-${n}`);
  for (const topicId of topics) await fill(topicId, 2);
  const [first = ""] = topics;
  // The log does not have this position, which a strongly consistent read is to find out
  const positions = { ...Object.fromEntries(topics.map((topicId) => [topicId, at(2)])), [first]: at(7) };
  const whole: number[] = [];
  const answers: unknown[] = [];
  for (let pings = 0; pings < 5; pings++) {
    const healed = await ping(positions);
    expect(healed.positions.size).toBe(25);
    answers.push(healed.positions.get(first));
    whole.push(tails.filter((tail) => tail !== "strong" && !tail.after).length);
    clock.advance(1_000);
  }
  expect(whole.slice(0, 4)).toEqual([0, 10, 10, 5]);
  expect(answers[0]).toEqual({ ...at(7), recovered: true });
  expect(answers.at(-1)).toEqual({ ...at(2), recovered: false });
});

it("finds a later epoch after the client's position", async () => {
  await fill("t", 1);
  await ping({ t: at(1) });
  const event = { publicationId: "p", publishedAt: 0, json: "1", verbatim: false, idempotent: false };
  const epoch = "0m1c2d3e5";
  const expiresAtSeconds = clock.now() / 1_000 + 3_600;
  await memory.append({ topicId: "t", epoch, offset: 1, events: [{ ...event, expiresAtSeconds }] });
  clock.advance(1_000);
  expect((await ping({ t: at(1, EPOCH) })).positions.get("t")).toEqual({
    epoch,
    offset: 1,
    recovered: false,
  });
});
