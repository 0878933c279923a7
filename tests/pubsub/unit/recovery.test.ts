import { beforeEach, describe, expect, it } from "vitest";
import type { EventsFrame } from "../../../packages/pubsub/src/core/frames.ts";
import type { Frame, PostOptions, PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import { newReplayBudget } from "../../../packages/pubsub/src/core/recovery/budget.ts";
import { type Missing, missingSince, replay } from "../../../packages/pubsub/src/core/recovery/replay.ts";
import type { Consumer, Position } from "../../../packages/pubsub/src/core/types.ts";
import { createMemoryTopicLog, type MemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { consumerOf } from "../../support/samples.ts";
import { at, EPOCH, fillLog, offsetsIn } from "./recovery-support.ts";

const consumer: Consumer = consumerOf("client");
let clock: ManualClock;
let log: MemoryTopicLog;

beforeEach(() => {
  clock = createManualClock();
  log = createMemoryTopicLog(clock);
});

const fill = (topicId: string, sizes: readonly number[], livesSeconds?: number): Promise<void> =>
  fillLog({ log, clock }, topicId, sizes, livesSeconds);

describe("missingSince", () => {
  const missing = (
    since: Position,
    position: Position,
    budget = newReplayBudget(),
    topicId = "t",
  ): Promise<Missing> => missingSince({ log }, topicId, { since, position }, budget);

  it("returns exactly the events after the client's position, up to the topic's", async () => {
    await fill("t", [10, 10, 10, 10, 10]);
    expect(offsetsIn(await missing(at(2), at(4)))).toEqual([3, 4]);
    expect(await missing(at(4), at(4))).toEqual([]);
    expect(offsetsIn(await missing(at(0), at(5)))).toEqual([1, 2, 3, 4, 5]);
  });

  it.each<[string, Position, Position]>([
    ["a position of another epoch", at(1, "0m1c2d3e3"), at(5)],
    ["a position ahead of the log", at(6), at(5)],
    ["more events than a recovery replays", at(0), at(1_001)],
  ])("returns gone for %s", async (_, since, position) => {
    await fill("t", [1, 1, 1, 1, 1]);
    expect(await missing(since, position)).toBe("gone");
  });

  it("returns 1,000 events and 512 KiB, the most that a recovery replays", async () => {
    await fill("many", Array(1_000).fill(1));
    expect(offsetsIn(await missing(at(0), at(1_000), newReplayBudget(), "many"))).toHaveLength(1_000);
    // The JSON of each has two characters more: 524,288 bytes in total
    await fill("large", Array(4).fill(131_070));
    expect(offsetsIn(await missing(at(0), at(4), newReplayBudget(), "large"))).toHaveLength(4);
  });

  it("returns only the newest of the missing events to a client with latest, also of more than 1,000", async () => {
    await fill("t", Array(1_100).fill(1));
    const latest = (since: Position, budget = newReplayBudget()): Promise<Missing> =>
      missingSince({ log }, "t", { since, position: at(1_100), latest: true }, budget);
    expect(offsetsIn(await latest(at(0)))).toEqual([1_100]);
    expect(offsetsIn(await latest(at(1_099)))).toEqual([1_100]);
    expect(await latest(at(1_100))).toEqual([]);
    expect(await latest(at(1_101))).toBe("gone");
    expect(await latest(at(1, "0m1c2d3e3"))).toBe("gone");
    const usedUp = newReplayBudget();
    usedUp.spend(usedUp.left());
    expect(await latest(at(0), usedUp)).toBe("later");
  });

  it("reads nothing and returns no frames if no event is missing", async () => {
    log.read = () => expect.fail("read");
    expect(await missing(at(5), at(5))).toEqual([]);
  });

  it("returns gone if the log has fewer events than are missing", async () => {
    await fill("t", [1, 1, 1]);
    expect(await missing(at(1), at(5))).toBe("gone");
  });

  it("returns gone instead of a gap if the first missing event expired and later ones exist", async () => {
    await fill("t", [1, 1], 10);
    clock.advance(11_000);
    const event = { publishedAt: 0, json: "1", verbatim: false, idempotent: false };
    const expiresAtSeconds = clock.now() / 1_000 + 10;
    const events = ["p-3", "p-4"].map((publicationId) => ({ ...event, publicationId, expiresAtSeconds }));
    await log.append({ topicId: "t", epoch: EPOCH, offset: 3, events });
    expect(await missing(at(1), at(3))).toBe("gone");
  });

  it("returns later for more events than the frame's budget has left", async () => {
    await fill("t", Array(600).fill(1));
    const budget = newReplayBudget();
    expect(offsetsIn(await missing(at(0), at(600), budget))).toHaveLength(600);
    expect(await missing(at(0), at(600), budget)).toBe("later");
    expect(offsetsIn(await missing(at(200), at(600), budget))).toHaveLength(400);
    expect(await missing(at(599), at(600), budget)).toBe("later");
  });

  it("returns gone if any missing event has expired", async () => {
    await fill("t", [1, 1], 10);
    clock.advance(11_000);
    await log.append({
      topicId: "t",
      epoch: EPOCH,
      offset: 3,
      events: [
        {
          publicationId: "p-3",
          publishedAt: clock.now(),
          json: "3",
          verbatim: false,
          idempotent: false,
          expiresAtSeconds: clock.now() / 1_000 + 10,
        },
      ],
    });
    expect(await missing(at(1), at(3))).toBe("gone");
    expect(offsetsIn(await missing(at(2), at(3)))).toEqual([3]);
  });

  it("returns gone for more bytes than a recovery replays, and later if only the budget is used up", async () => {
    await fill(
      "t",
      Array.from({ length: 6 }, () => 100_000),
    );
    expect(await missing(at(0), at(6))).toBe("gone");
    const budget = newReplayBudget();
    expect(offsetsIn(await missing(at(0), at(5), budget))).toHaveLength(5);
    expect(await missing(at(0), at(5), budget)).toBe("later");
    expect(offsetsIn(await missing(at(4), at(5), budget))).toEqual([5]);
  });
});

describe("replay", () => {
  const frames: EventsFrame[] = [1, 2, 3].map((n) => ({ body: new Uint8Array([n]), events: 1 }));

  it.each<PostResult>([
    { outcome: "throttled" },
    { outcome: "gone" },
    { outcome: "failed", retryable: true, reason: "500" },
  ])("stops at the first post that is not delivered: $outcome", async (refused) => {
    const posted: number[] = [];
    const post = async (_: Consumer, { body }: { body: Uint8Array }): Promise<PostResult> => {
      posted.push(body[0] ?? 0);
      return posted.length === 2 ? refused : { outcome: "delivered" };
    };
    await replay({ connections: { post }, clock }, consumer, frames);
    expect(posted).toEqual([1, 2]);
  });

  // A replay of many frames can take longer than the subscription lasts
  it("posts no frame whose subscription ended meanwhile, and goes on with the others", async () => {
    clock.advance(1_000 - (clock.now() % 1_000));
    const expiresAtSeconds = clock.now() / 1_000 + 1;
    const [one, two, three] = frames.map((frame) => ({ ...frame, expiresAtSeconds }));
    const [other] = frames;
    if (!one || !two || !three || !other) throw new Error("three frames");
    const posted: [number, number | undefined][] = [];
    const post = async (_: Consumer, { body }: Frame, options?: PostOptions): Promise<PostResult> => {
      posted.push([body[0] ?? 0, options?.sendUntilMs]);
      clock.advance(600);
      return { outcome: "delivered" };
    };
    await replay({ connections: { post }, clock }, consumer, [one, two, three, other]);
    const untilMs = expiresAtSeconds * 1_000;
    expect(posted).toEqual([
      [1, untilMs],
      [2, untilMs],
      [1, undefined],
    ]);
  });
});
