import { describe, expect, it } from "vitest";
import { createLimiter, type Limiter } from "../../../packages/pubsub/src/core/delivery/limiter.ts";
import {
  createPostCeiling,
  type PostCeiling,
} from "../../../packages/pubsub/src/core/delivery/post-ceiling.ts";
import { createVirtualClock, type VirtualClock } from "../../../packages/pubsub/src/testing/virtual-clock.ts";

const CEILING = 400;
const BURST = CEILING / 2;

/** Posts in many lanes until the time, and records when each post begins. */
function startPosts(
  clock: VirtualClock,
  limiter: Limiter,
  { untilMs, begun, passes = () => true }: { untilMs: number; begun: number[]; passes?: () => boolean },
): void {
  const lane = async (name: string): Promise<void> => {
    for (let posts = 0; clock.now() < untilMs; posts++) {
      const turn = await limiter.acquire();
      begun.push(clock.now());
      const latencyMs = 5 + clock.random() * 10;
      await clock.sleep(latencyMs);
      const outcome = passes() ? "delivered" : "throttled";
      turn.release({ connectionId: `${name}-${posts}`, outcome, latencyMs });
    }
  };
  for (let lanes = 0; lanes < 60; lanes++) void lane(`lane${lanes}`);
}

/** The most that the posts of any window exceed the ceiling's rate: what a burst has to cover. */
function burstOf(begun: readonly number[]): number {
  let most = 0;
  /** The least of (posts before a moment − ceiling × moment): the best start of a window that ends now. */
  let least = Number.POSITIVE_INFINITY;
  begun.forEach((atMs, index) => {
    const owed = (CEILING * atMs) / 1_000;
    least = Math.min(least, index - owed);
    most = Math.max(most, index + 1 - owed - least);
  });
  return most;
}

function setup(seed: number): { clock: VirtualClock; ceiling: PostCeiling; begun: number[] } {
  const clock = createVirtualClock({ seed, startMs: 0 });
  return { clock, ceiling: createPostCeiling(CEILING, clock.now()), begun: [] };
}

describe("posts of limiters that share a ceiling", () => {
  it.each([1, 3])(
    "begin at most at its rate plus half a second's burst in every window, with %d limiters",
    async (count) => {
      const { clock, ceiling, begun } = setup(count);
      for (let limiters = 0; limiters < count; limiters++)
        startPosts(clock, createLimiter(clock, { ceiling }), { untilMs: 10_000, begun });
      await clock.run(clock.sleep(10_000));
      expect(burstOf(begun)).toBeLessThanOrEqual(BURST + 1e-6);
      // And all of it is used: ten seconds' posts and the bucket that was full at the start
      expect(begun.length).toBeGreaterThan(0.98 * (10 * CEILING + BURST));
    },
  );

  it("keep the bound after a pause, which fills the bucket only once", async () => {
    const { clock, ceiling, begun } = setup(5);
    const limiter = createLimiter(clock, { ceiling });
    startPosts(clock, limiter, { untilMs: 2_000, begun });
    await clock.run(clock.sleep(60_000));
    startPosts(clock, limiter, { untilMs: 62_000, begun });
    await clock.run(clock.sleep(2_000));
    expect(burstOf(begun)).toBeLessThanOrEqual(BURST + 1e-6);
  });

  it("keep the bound when the account throttles first and its rate is learned", async () => {
    const { clock, ceiling, begun } = setup(7);
    const limiter = createLimiter(clock, { ceiling });
    let quota = 100;
    let tokens = 50;
    let atMs = 0;
    const passes = (): boolean => {
      tokens = Math.min(quota / 2, tokens + ((clock.now() - atMs) / 1_000) * quota);
      atMs = clock.now();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    };
    startPosts(clock, limiter, { untilMs: 30_000, begun, passes });
    await clock.run(clock.sleep(5_000));
    expect(limiter.perSecond).toBeLessThan(CEILING / 2);
    // The other APIs of the account end, and the learned rate grows beyond the ceiling
    quota = 100_000;
    await clock.run(clock.sleep(25_000));
    expect(limiter.perSecond).toBe(CEILING);
    expect(burstOf(begun)).toBeLessThanOrEqual(BURST + 1e-6);
  });
});

describe("a turn under a ceiling", () => {
  it("gives its token back when it is cancelled", async () => {
    const { clock } = setup(9);
    const ceiling = createPostCeiling(2, clock.now());
    const limiter = createLimiter(clock, { ceiling });
    const first = limiter.acquire();
    expect(first).not.toBeInstanceOf(Promise);
    if (!(first instanceof Promise)) first.cancel();
    expect(limiter.acquire()).not.toBeInstanceOf(Promise);
    expect(limiter.acquire()).toBeInstanceOf(Promise);
  });

  it("takes no token while it waits for another post to end", () => {
    const { clock, ceiling } = setup(11);
    const limiter = createLimiter(clock, { ceiling, initial: 1, min: 1 });
    expect(limiter.acquire()).not.toBeInstanceOf(Promise);
    // Waits for the first post, which uses up the concurrency
    expect(limiter.acquire()).toBeInstanceOf(Promise);
    let left = 0;
    while (ceiling.take(0) === 0) left += 1;
    expect(left).toBe(BURST - 1);
  });
});
