import { describe, expect, it } from "vitest";
import { createLimiter, type Limiter } from "../../../packages/pubsub/src/core/delivery/limiter.ts";
import type { PendingConsumer } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { type Posted, postRun } from "../../../packages/pubsub/src/core/fanout/post-run.ts";
import type { Frame, PostOptions, PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import { createTestContext } from "../../support/fanout-context.ts";
import { consumerOf, rejectionOf, storedEvent } from "../../support/samples.ts";
import { takeAllTurns } from "../../support/turns.ts";

const run = { topicId: "t", epoch: "0m1c2d3e4", events: [1, 2, 3].map((n) => storedEvent(n)), attempt: 1 };
const delivered: PostResult = { outcome: "delivered" };

const pending = (id: string, changes: Partial<PendingConsumer> = {}): PendingConsumer => {
  return { consumer: consumerOf(id), format: "data", subscribedAt: 0, from: 1, ...changes };
};

interface SetUp {
  /** Posts the run, and expects that every turn was returned to the limiter. */
  post(consumers: PendingConsumer[]): Promise<Posted>;
  /** Frames by connection, in order. */
  frames: Map<string, Frame[]>;
  /** The text that only this connection got at the end of each frame. */
  tails: Map<string, (string | undefined)[]>;
  turnsTaken(): number;
}

function setUp(
  answer: (id: string, frame: number) => PostResult | Promise<PostResult> = () => delivered,
  { deadlineAfterMs = 20_000, postMs = 0, atOnce = 64, isProven = (_: Consumer): boolean => false } = {},
): SetUp {
  const context = createTestContext();
  const frames = new Map<string, Frame[]>();
  const tails = new Map<string, (string | undefined)[]>();
  const limiter = createLimiter(context.clock, { initial: atOnce, min: 1 });
  const connections = {
    isProven,
    async post({ connectionId }: { connectionId: string }, frame: Frame, options: PostOptions = {}) {
      const before = frames.get(connectionId) ?? [];
      frames.set(connectionId, [...before, frame]);
      tails.set(connectionId, [...(tails.get(connectionId) ?? []), options.tail]);
      context.clock.advance(postMs);
      return answer(connectionId, before.length);
    },
  };
  const deadlineMs = context.clock.now() + deadlineAfterMs;
  let turns = 0;
  const counted: Limiter = {
    ...limiter,
    acquire() {
      turns += 1;
      return limiter.acquire();
    },
  };
  const ours = { ...context, connections, deadlineMs, limiterOf: () => counted };
  return {
    frames,
    tails,
    turnsTaken: () => turns,
    async post(consumers) {
      const posted = await postRun(ours, run, consumers);
      expect(takeAllTurns(limiter)).toHaveLength(limiter.limit);
      return posted;
    },
  };
}

const textsOf = (frames: Frame[] = []): string[] => frames.map(({ body }) => new TextDecoder().decode(body));
const offsetsOf = (text = ""): number[] =>
  (JSON.parse(text) as { events: { offset: number }[] }).events.map(({ offset }) => offset);

it("posts each consumer its events from its own offset in its format, and encodes each frame once", async () => {
  const { post, frames } = setUp();
  const ids = ["a", "b", "late"];
  await post([
    ...ids.map((id) => pending(id, { from: id === "late" ? 3 : 1 })),
    pending("event", { format: "event", from: 2 }),
    pending("beyond", { from: 4 }),
  ]);
  expect(textsOf(frames.get("a"))).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
  expect(textsOf(frames.get("late"))).toEqual(['{"n":3}']);
  expect(textsOf(frames.get("event")).map(offsetsOf)).toEqual([[2, 3]]);
  expect(frames.has("beyond")).toBe(false);
  expect(frames.get("b")?.map((frame, index) => frame === frames.get("a")?.[index])).toEqual([
    true,
    true,
    true,
  ]);
});

it("returns the offset and reason of each consumer that stopped, so that no event is posted twice", async () => {
  const { post } = setUp((id, frame) => {
    if (id === "broken" && frame >= 1) return { outcome: "failed", retryable: true, reason: "500" };
    if (id === "refused" && frame === 2) return { outcome: "failed", retryable: false, reason: "413" };
    if (id === "gone" && frame === 1) return { outcome: "gone" };
    return delivered;
  });
  const consumers = ["fine", "broken", "refused", "gone"].map((id) => pending(id));
  const { counts, totals: _, ...rest } = await post(consumers);
  expect(rest).toEqual({
    unsent: [],
    recovered: [],
    ended: 0,
    failed: [{ ...pending("broken"), from: 2, reason: "500" }],
    refused: [{ ...pending("refused"), from: 3, reason: "413" }],
    gone: [consumerOf("gone")],
  });
  expect([...counts]).toEqual([
    [1, { consumers: 4, delivered: 4, gone: 0, retried: 0 }],
    [2, { consumers: 4, delivered: 2, gone: 1, retried: 2 }],
    [3, { consumers: 4, delivered: 1, gone: 1, retried: 0 }],
  ]);
});

it("counts the failed posts of a consumer that a quick retry reached", async () => {
  const failures = new Map([["a", 2]]);
  const { post } = setUp((id) => {
    const left = failures.get(id) ?? 0;
    failures.set(id, left - 1);
    return left > 0 ? { outcome: "failed", retryable: true, reason: "500" } : delivered;
  });
  const { counts, totals } = await post([pending("a"), pending("b")]);
  expect([...counts.values()].map(({ retried }) => retried)).toEqual([0, 0, 2]);
  expect(totals).toMatchObject({ posts: 8, failed: 2, delivered: 6 });
});

describe("postRun after a 410 that may be another API's", () => {
  const reason = "410 from https://ws.example.com";
  const unproven: PostResult = { outcome: "failed", kind: "unproven-gone", retryable: true, reason };

  it("returns the consumer as failed after one post, and as gone if another post has proven the endpoint", async () => {
    const { post, frames } = setUp((id) => (id === "live" ? delivered : unproven), {
      isProven: ({ connectionId }) => connectionId === "left",
    });
    const young = pending("new", { subscribedAt: Number.MAX_SAFE_INTEGER });
    const posted = await post([pending("foreign"), pending("left"), young, pending("live")]);
    const { gone, failed, refused, counts } = posted;
    expect([gone, refused]).toEqual([[consumerOf("left")], []]);
    expect(failed).toHaveLength(2);
    expect(failed).toEqual(
      expect.arrayContaining([pending("foreign"), young].map((each) => ({ ...each, reason }))),
    );
    expect(frames.get("foreign")).toHaveLength(1);
    expect(counts.get(1)).toEqual({ consumers: 4, delivered: 1, gone: 1, retried: 0 });
  });

  it("asks for the proof after the last post of the run", async () => {
    let proven = false;
    const { post } = setUp(
      (id) => {
        if (id === "left") return unproven;
        proven = true;
        return delivered;
      },
      { isProven: () => proven },
    );
    expect((await post([pending("left"), pending("live")])).gone).toEqual([consumerOf("left")]);
  });
});

describe("postRun at the deadline", () => {
  it("posts to no further consumer and returns the unsent ones unchanged", async () => {
    const { post, frames, turnsTaken } = setUp(undefined, { deadlineAfterMs: 0 });
    const { unsent, counts } = await post([pending("a"), pending("b", { from: 2 })]);
    expect([frames.size, turnsTaken()]).toEqual([0, 0]);
    expect(unsent).toEqual([pending("a"), pending("b", { from: 2 })]);
    expect([...counts.values()].map(({ consumers }) => consumers)).toEqual([1, 2, 2]);
  });

  it("stops between two frames of a consumer and returns it with the next offset", async () => {
    const { post } = setUp(undefined, { deadlineAfterMs: 20, postMs: 10 });
    const { unsent, counts } = await post([pending("a")]);
    expect(unsent).toEqual([pending("a", { from: 3 })]);
    expect([...counts.values()].map(({ delivered: count }) => count)).toEqual([1, 1, 0]);
  });
});

it("has no more posts in flight than the limiter allows", async () => {
  let underWay = 0;
  let most = 0;
  const { post } = setUp(
    async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      underWay -= 1;
      return delivered;
    },
    { atOnce: 2 },
  );
  const { totals } = await post(["a", "b", "c", "d", "e"].map((id) => pending(id, { from: 3 })));
  expect([most, totals.delivered]).toEqual([2, 5]);
});

it("rejects with the first error that a post threw after every post has ended", async () => {
  let ended = 0;
  const { post } = setUp(async (id) => {
    if (id.startsWith("bad")) throw new Error(id);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    ended += 1;
    return delivered;
  });
  const consumers = ["bad", "worse", "a", "b"].map((id) =>
    pending(id === "worse" ? "bad too" : id, { from: 3 }),
  );
  expect(await rejectionOf(post(consumers))).toEqual(new Error("bad"));
  expect(ended).toBe(2);
});

it("posts nothing and returns empty lists for no consumers", async () => {
  const { totals, ...rest } = await setUp().post([]);
  expect(totals.posts).toBe(0);
  expect(rest).toMatchObject({ unsent: [], failed: [], refused: [], gone: [] });
});

describe("consumers with a nonce", () => {
  it("get the same frame, encoded once, and each its own nonce at the end", async () => {
    const { post, frames, tails } = setUp();
    const event = (id: string, nonce?: string): PendingConsumer =>
      pending(id, { format: "event", ...(nonce !== undefined && { nonce }) });
    await post([event("a", "1-2-3-4"), event("b", "5-6-7-8"), event("c"), event("d")]);
    const [a, b, c, d] = ["a", "b", "c", "d"].map((id) => frames.get(id)?.[0]);
    expect(a).toBe(b);
    expect(c).toBe(d);
    const textOf = (id: string): string =>
      new TextDecoder().decode(frames.get(id)?.[0]?.body) + (tails.get(id)?.[0] ?? "");
    expect(JSON.parse(textOf("a"))).toEqual({ ...JSON.parse(textOf("c")), nonce: "1-2-3-4" });
    expect(JSON.parse(textOf("b"))).toEqual({ ...JSON.parse(textOf("c")), nonce: "5-6-7-8" });
  });

  it("get the bare data in the data format, with nothing added", async () => {
    const { post, frames, tails } = setUp();
    await post([pending("a", { nonce: "1-2-3-4" }), pending("b")]);
    expect(frames.get("a")).toEqual(frames.get("b"));
    expect(tails.get("a")).toEqual([undefined, undefined, undefined]);
  });
});
