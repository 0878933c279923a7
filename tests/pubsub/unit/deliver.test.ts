import { describe, expect, it } from "vitest";
import {
  type DeliverContext,
  type Delivered,
  deliver,
} from "../../../packages/pubsub/src/core/delivery/deliver.ts";
import {
  createLimiter,
  type EndedPost,
  type Limiter,
  type Turn,
} from "../../../packages/pubsub/src/core/delivery/limiter.ts";
import { createPostMeter } from "../../../packages/pubsub/src/core/delivery/post-meter.ts";
import type { ThrottleScope } from "../../../packages/pubsub/src/core/delivery/throttle-judge.ts";
import type { PostTotals } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import { encodeUtf8 } from "../../../packages/pubsub/src/core/utf8.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { consumerOf } from "../../support/samples.ts";
import { takeAllTurns, takeTurn } from "../../support/turns.ts";

const delivered: PostResult = { outcome: "delivered" };
const gone: PostResult = { outcome: "gone" };
const throttled: PostResult = { outcome: "throttled" };
const broken: PostResult = { outcome: "failed", retryable: true, reason: "500" };
const refused: PostResult = { outcome: "failed", retryable: false, reason: "413" };

const GIVE_UP_AFTER_DEADLINE_MS = 4_000;

interface Run {
  result: Delivered;
  posts: string[];
  /** Times of each post since the beginning: when it was posted, until when it may be sent, when it is given up. */
  postedAtMs: number[];
  sendUntilMs: number[];
  giveUpAtMs: number[];
  slept: number[];
  ended: EndedPost[];
  totals: PostTotals;
  /** The number of turns that `deliver` waited for. */
  waited: number;
}

/**
 * Delivers one frame for each number of events in `frames`. The posts return `answers` in order. Each post takes
 * `postMs`, and each turn takes `turnAfterMs` to wait for. `scopes` replaces what the limiter says of each post.
 */
async function run(
  answers: PostResult[],
  options: {
    frames?: number[];
    young?: boolean;
    postMs?: number;
    turnAfterMs?: number;
    deadlineAfterMs?: number;
    /** When the subscription ends. */
    endsAfterMs?: number;
    scopes?: ThrottleScope[];
  } = {},
): Promise<Run> {
  const { frames = [1], young = false, postMs = 1, turnAfterMs = 0, deadlineAfterMs = 10_000 } = options;
  const { scopes, endsAfterMs = Number.POSITIVE_INFINITY } = options;
  const clock = createManualClock();
  const beganMs = clock.now();
  const left = [...answers];
  const posts: string[] = [];
  const postedAtMs: number[] = [];
  const sendUntilMs: number[] = [];
  const giveUpAtMs: number[] = [];
  const ended: EndedPost[] = [];
  let waited = 0;
  const limiter = createLimiter(clock);
  const recorded = (turn: Turn): Turn => ({
    ...turn,
    release(post) {
      ended.push(post);
      // A limiter that sees no 429 gives every turn at once
      if (scopes) turn.cancel();
      return scopes ? scopes.shift() : turn.release(post);
    },
  });
  const paced: Limiter = {
    ...limiter,
    acquire() {
      const turn = recorded(takeTurn(limiter));
      if (turnAfterMs === 0) return turn;
      waited += 1;
      return Promise.resolve().then(() => {
        clock.advance(turnAfterMs);
        return turn;
      });
    },
  };
  const meter = createPostMeter();
  const context: DeliverContext = {
    clock,
    limiterOf: () => paced,
    meter,
    deadlineMs: clock.now() + deadlineAfterMs,
    giveUpAtMs: clock.now() + deadlineAfterMs + GIVE_UP_AFTER_DEADLINE_MS,
    connections: {
      async post(_, { body }, options) {
        sendUntilMs.push((options?.sendUntilMs ?? Number.NaN) - beganMs);
        giveUpAtMs.push((options?.giveUpAtMs ?? Number.NaN) - beganMs);
        posts.push(new TextDecoder().decode(body));
        postedAtMs.push(clock.now() - beganMs);
        clock.advance(postMs);
        return left.shift() ?? delivered;
      },
    },
  };
  const body = frames.map((events, index) => ({ body: encodeUtf8(`frame ${index}`), events }));
  const turn = recorded(takeTurn(limiter));
  const endsAtMs = beganMs + endsAfterMs;
  const result = await deliver(context, { consumer: consumerOf("c"), frames: body, young, turn, endsAtMs });
  const slept = [...clock.slept];
  // No turn may stay in use after any outcome
  expect(takeAllTurns(limiter)).toHaveLength(limiter.limit);
  return { result, posts, postedAtMs, sendUntilMs, giveUpAtMs, slept, ended, totals: meter.totals(), waited };
}

describe("a subscription that ends", () => {
  it("gets the frames whose post begins before its end, and no other", async () => {
    const { result, posts, sendUntilMs } = await run([], {
      frames: [2, 1, 1],
      postMs: 600,
      endsAfterMs: 1_000,
    });
    expect(posts).toEqual(["frame 0", "frame 1"]);
    expect(result).toEqual({ events: 3, retried: 0, rest: "ended" });
    expect(sendUntilMs).toEqual([1_000, 1_000]);
  });

  it("gets no post if its end comes while it waits for a turn", async () => {
    const { result, posts } = await run([], { frames: [1, 1], turnAfterMs: 1_000, endsAfterMs: 1_000 });
    expect(posts).toEqual(["frame 0"]);
    expect(result).toEqual({ events: 1, retried: 0, rest: "ended" });
  });

  it.each([
    ["fails and is not retried quickly", [refused]],
    ["is throttled", [throttled]],
    ["fails", [broken]],
  ])("has ended, and did not fail, if a post that crosses the end %s", async (_, answers) => {
    const { result, posts } = await run(answers, { postMs: 1_000, endsAfterMs: 1_000, scopes: ["consumer"] });
    expect(posts).toHaveLength(1);
    expect(result).toEqual({ events: 0, retried: 0, rest: "ended" });
  });

  it("is left for another worker, as any other, if the deadline comes first", async () => {
    const options = { frames: [1, 1], postMs: 600, deadlineAfterMs: 500, endsAfterMs: 1_000 };
    expect((await run([], options)).result).toEqual({ events: 1, retried: 0, rest: "unsent" });
  });
});

describe("deliver", () => {
  it("posts all frames in order", async () => {
    const { result, posts } = await run([], { frames: [2, 1, 3] });
    expect(result).toEqual({ events: 6, retried: 0, rest: "none" });
    expect(posts).toEqual(["frame 0", "frame 1", "frame 2"]);
  });

  it.each([
    ["one failure", [broken], 1],
    ["two failures", [throttled, broken], 2],
  ])("retries at once after %s", async (_, answers, retried) => {
    const { result, posts, slept } = await run(answers, { frames: [1, 1] });
    expect(result).toEqual({ events: 2, retried, rest: "none" });
    expect(posts).toEqual([...answers.map(() => "frame 0"), "frame 0", "frame 1"]);
    expect(slept).toHaveLength(retried);
    expect(Math.max(...slept)).toBeLessThanOrEqual(100);
  });

  it("waits longer before each further retry", async () => {
    const { slept } = await run([broken, broken]);
    expect(slept).toEqual([25, 50]);
  });

  it("stops at a frame that stays broken and posts no frame after it", async () => {
    const { result, posts } = await run([delivered, ...Array(9).fill(broken)], { frames: [2, 1, 1] });
    expect(result).toEqual({ events: 2, retried: 2, rest: { retryable: true, reason: "500" } });
    expect(posts).toEqual(["frame 0", "frame 1", "frame 1", "frame 1"]);
  });

  it.each(["consumer", "unknown"] as const)(
    "retries a throttled post while the account is the cause, and stops after three 429s of scope %s",
    async (scope) => {
      const scopes: ThrottleScope[] = ["account", scope, "account", scope, "account", scope];
      const { result, posts } = await run(Array(9).fill(throttled), { frames: [1, 1], scopes });
      const rest = { retryable: true, reason: "throttled (429)", byConsumer: true };
      expect(result).toEqual({ events: 0, retried: 5, rest });
      expect(posts).toEqual(Array(6).fill("frame 0"));
    },
  );

  it("does not retry a post that can never succeed", async () => {
    const { result, posts } = await run([refused], { frames: [1, 1] });
    expect(result).toEqual({ events: 0, retried: 0, rest: { retryable: false, reason: "413" } });
    expect(posts).toEqual(["frame 0"]);
  });

  it("stops and returns gone after a 410", async () => {
    const { result, posts } = await run([delivered, gone], { frames: [1, 1, 1] });
    expect(result).toEqual({ events: 1, retried: 0, rest: "gone" });
    expect(posts).toEqual(["frame 0", "frame 1"]);
  });

  it("returns the 410 of a young connection as retryable, and does not retry at once", async () => {
    const { result, posts } = await run([gone], { young: true });
    const reason = "gone (410) within 30 s of subscribing";
    expect(result).toEqual({ events: 0, retried: 0, rest: { retryable: true, reason } });
    expect(posts).toEqual(["frame 0"]);
  });

  it("begins no post after the deadline", async () => {
    const late = await run([], { deadlineAfterMs: 0 });
    expect(late.result).toEqual({ events: 0, retried: 0, rest: "unsent" });
    expect(late.posts).toEqual([]);
    const midway = await run([], { frames: [1, 1, 1], postMs: 60, deadlineAfterMs: 100 });
    expect(midway.result).toEqual({ events: 2, retried: 0, rest: "unsent" });
    expect(midway.posts).toEqual(["frame 0", "frame 1"]);
  });

  // It used to count as a retry, though there was no second post
  it("returns unsent if no time is left for a retry, so that no attempt is used up", async () => {
    const { result, posts } = await run([broken], { postMs: 99, deadlineAfterMs: 100 });
    expect(result).toEqual({ events: 0, retried: 0, rest: "unsent" });
    expect(posts).toEqual(["frame 0"]);
  });

  it("counts the reasons of delivered quick retries only", async () => {
    const reset: PostResult = {
      outcome: "failed",
      kind: "broken-connection",
      retryable: true,
      reason: "ECONNRESET",
    };
    const answers = [reset, delivered, throttled, reset, delivered, broken, delivered, reset, broken, reset];
    const { totals } = await run(answers, { frames: [1, 1, 1, 1] });
    expect(totals.quickRetries).toEqual([
      { kind: "broken-connection", reason: "ECONNRESET", count: 2 },
      { kind: "other", reason: "500", count: 1 },
    ]);
  });

  it("does not retry a post without a response at once, because it may have arrived", async () => {
    const silent: PostResult = {
      outcome: "failed",
      kind: "no-answer",
      retryable: true,
      reason: "no response within 30000 ms",
    };
    const { result, posts, slept } = await run([silent], { frames: [1, 1], postMs: 10_001 });
    const rest = { retryable: true, reason: "no response within 30000 ms" };
    // This holds after the deadline too: if the attempt were not used up, the post would be retried forever
    expect(result).toEqual({ events: 0, retried: 0, rest });
    expect(posts).toEqual(["frame 0"]);
    expect(slept).toEqual([]);
  });

  it("passes to each post the time until which it may be sent and the time to give up", async () => {
    const { sendUntilMs, giveUpAtMs } = await run([broken], { frames: [1, 1], deadlineAfterMs: 500 });
    expect(sendUntilMs).toEqual([500, 500, 500]);
    expect(giveUpAtMs).toEqual(Array(3).fill(500 + GIVE_UP_AFTER_DEADLINE_MS));
  });

  it("reports the latency of each post and the number of its events", async () => {
    const { totals, ended } = await run([broken], { frames: [3], postMs: 7 });
    expect(totals).toMatchObject({ posts: 2, failed: 1, delivered: 1, events: 3, latenciesMs: [7, 7] });
    expect(ended).toEqual([
      { connectionId: "c", outcome: "failed", latencyMs: 7 },
      { connectionId: "c", outcome: "delivered", latencyMs: 7 },
    ]);
  });

  describe("with a rate limit that makes posts wait", () => {
    it("begins each post after the first when its turn comes", async () => {
      const { posts, waited, postedAtMs } = await run([], { frames: [1, 1, 1], turnAfterMs: 500 });
      expect(posts).toHaveLength(3);
      expect(waited).toBe(2);
      expect(postedAtMs).toEqual([0, 501, 1_002]);
    });

    it("does not wait for a turn after the deadline", async () => {
      const options = { frames: [1, 1], turnAfterMs: 500, postMs: 100, deadlineAfterMs: 100 };
      const { result, waited } = await run([], options);
      expect(result).toEqual({ events: 1, retried: 0, rest: "unsent" });
      expect(waited).toBe(0);
    });

    it("releases a turn that comes after the deadline", async () => {
      const { result, waited } = await run([], { frames: [1, 1], turnAfterMs: 500, deadlineAfterMs: 100 });
      expect(result).toEqual({ events: 1, retried: 0, rest: "unsent" });
      expect(waited).toBe(1);
    });
  });
});
