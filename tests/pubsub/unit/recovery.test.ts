import { beforeEach, describe, expect, it } from "vitest";
import type { EventsFrame } from "../../../packages/pubsub/src/core/frames.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import { heal } from "../../../packages/pubsub/src/core/recovery/heal.ts";
import {
  type Missing,
  missingSince,
  newReplayBudget,
  replay,
} from "../../../packages/pubsub/src/core/recovery/replay.ts";
import type { Consumer, Position } from "../../../packages/pubsub/src/core/types.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { createMemoryTopicLog, type MemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { consumerOf, subscriptionOf } from "../../support/samples.ts";

const EPOCH = "0m1c2d3e4";
const consumer: Consumer = consumerOf("client");
let clock: ManualClock;
let log: MemoryTopicLog;

beforeEach(() => {
  clock = createManualClock();
  log = createMemoryTopicLog(clock);
});

const at = (offset: number, epoch: string = EPOCH): Position => ({ epoch, offset });

/** Appends one event for each size, one by one. The data of each has that number of characters. */
async function fill(topicId: string, sizes: readonly number[], livesSeconds = 3_600): Promise<void> {
  for (const [index, size] of sizes.entries()) {
    const event = {
      publicationId: `p-${index + 1}`,
      publishedAt: clock.now(),
      json: JSON.stringify("x".repeat(size)),
      verbatim: true,
      idempotent: false,
      expiresAtSeconds: clock.now() / 1_000 + livesSeconds,
    };
    const opening = index === 0 ? { opening: { replaces: undefined } } : {};
    const request = { topicId, epoch: EPOCH, offset: index + 1, events: [event], ...opening };
    expect(await log.append(request)).toEqual({ outcome: "appended" });
  }
}

const offsetsIn = (missing: Missing): number[] => {
  if (typeof missing === "string") throw new Error(`missing is ${missing}`);
  return missing.flatMap(({ body }) =>
    (JSON.parse(new TextDecoder().decode(body)) as { events: { offset: number }[] }).events.map(
      (e) => e.offset,
    ),
  );
};

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

  it("returns 1,000 events and 1 MiB, the most that a recovery replays", async () => {
    await fill("many", Array(1_000).fill(1));
    expect(offsetsIn(await missing(at(0), at(1_000), newReplayBudget(), "many"))).toHaveLength(1_000);
    // The JSON of each has two characters more: 1,048,576 bytes in total
    await fill("large", Array(8).fill(131_070));
    expect(offsetsIn(await missing(at(0), at(8), newReplayBudget(), "large"))).toHaveLength(8);
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
      Array.from({ length: 11 }, () => 100_000),
    );
    expect(await missing(at(0), at(11))).toBe("gone");
    const budget = newReplayBudget();
    expect(offsetsIn(await missing(at(0), at(6), budget))).toHaveLength(6);
    expect(await missing(at(0), at(6), budget)).toBe("later");
    expect(offsetsIn(await missing(at(5), at(6), budget))).toEqual([6]);
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
});

describe("heal", () => {
  it("returns the position and events only of topics that the client is subscribed to", async () => {
    const subscriptions = createMemorySubscriptions(clock);
    await fill("mine", [1, 1, 1]);
    await fill("secret", [1, 1, 1]);
    await fill("__proto__", [1]);
    await subscriptions.put({ ...subscriptionOf("client", "mine"), consumer });
    await subscriptions.put({ ...subscriptionOf("client", "__proto__"), consumer });
    const positions = new Map([
      ["mine", at(1)],
      ["secret", at(0)],
      ["__proto__", at(1)],
    ]);
    const healed = await heal({ log, subscriptions, clock }, consumer, positions, {
      retentionSeconds: 3_600,
    });
    expect([...healed.positions]).toEqual([
      ["mine", { ...at(3), recovered: true }],
      ["secret", { subscribed: false }],
      ["__proto__", { ...at(1), recovered: true }],
    ]);
    expect(offsetsIn(healed.frames)).toEqual([2, 3]);
    expect(JSON.stringify(healed.frames.map(({ body }) => new TextDecoder().decode(body)))).not.toContain(
      "secret",
    );
  });

  it("returns recovered: false and no events for a position of another epoch", async () => {
    const subscriptions = createMemorySubscriptions(clock);
    await fill("t", [1, 1]);
    await subscriptions.put({ ...subscriptionOf("client", "t"), consumer });
    const positions = new Map([["t", at(1, "0m1c2d3e3")]]);
    const healed = await heal({ log, subscriptions, clock }, consumer, positions, {
      retentionSeconds: 3_600,
    });
    expect([...healed.positions]).toEqual([["t", { ...at(2), recovered: false }]]);
    expect(healed.frames).toEqual([]);
  });

  it("leaves out a topic that does not fit the frame's budget", async () => {
    const subscriptions = createMemorySubscriptions(clock);
    const positions = new Map<string, Position>();
    for (const topicId of ["a", "b"]) {
      await fill(
        topicId,
        Array.from({ length: 7 }, () => 100_000),
      );
      await subscriptions.put({ ...subscriptionOf("client", topicId), consumer });
      positions.set(topicId, at(0));
    }
    const healed = await heal({ log, subscriptions, clock }, consumer, positions, {
      retentionSeconds: 3_600,
    });
    expect([...healed.positions.keys()]).toEqual(["a"]);
  });
});
