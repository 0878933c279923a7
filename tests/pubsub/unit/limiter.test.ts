import { expect, it } from "vitest";
import { createLimiter, type Limiter } from "../../../packages/pubsub/src/core/delivery/limiter.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { takeAllTurns, takeTurn, waitForTurn } from "../../support/turns.ts";

let connections = 0;
const ended = (outcome: PostResult["outcome"] = "delivered", latencyMs = 10) => ({
  connectionId: `c${++connections}`,
  outcome,
  latencyMs,
});

it("lets as many through as its limit, at once, and the rest in turn", async () => {
  const limiter = createLimiter(createManualClock(), { initial: 2, min: 1 });
  const first = takeTurn(limiter);
  const second = takeTurn(limiter);
  const order: string[] = [];
  const third = waitForTurn(limiter).then(() => order.push("third"));
  const fourth = waitForTurn(limiter).then(() => order.push("fourth"));
  first.release(ended());
  await third;
  expect(order).toEqual(["third"]);
  second.release(ended());
  await fourth;
  expect(order).toEqual(["third", "fourth"]);
});

it("gives a turn that was not used to the next", async () => {
  const limiter = createLimiter(createManualClock(), { initial: 1, min: 1 });
  const turn = takeTurn(limiter);
  const next = waitForTurn(limiter);
  turn.cancel();
  await next;
  expect(limiter.perSecond).toBe(Number.POSITIVE_INFINITY);
});

/** Posts in waves of as many as may be under way, each wave of one latency. */
function waves(limiter: Limiter, clock: ReturnType<typeof createManualClock>, latenciesMs: number[]): void {
  for (const latencyMs of latenciesMs) {
    const turns = takeAllTurns(limiter);
    clock.advance(latencyMs);
    // The turn that was asked for last is granted at the first release
    for (const turn of [...turns, ...turns.slice(0, 1)]) turn.release(ended("delivered", latencyMs));
  }
}

it("allows more at once while latency stays what it is, and fewer when it rises", () => {
  const clock = createManualClock();
  const limiter = createLimiter(clock, { initial: 32, min: 8, max: 100 });
  waves(limiter, clock, Array(100).fill(30));
  expect(limiter.limit).toBe(100);
  waves(limiter, clock, Array(30).fill(120));
  expect(limiter.limit).toBeLessThan(50);
  expect(limiter.limit).toBeGreaterThanOrEqual(8);
});

it("does not allow more at once to whom its limit was enough", () => {
  const clock = createManualClock();
  const limiter = createLimiter(clock, { initial: 64 });
  for (let post = 0; post < 1_000; post++) {
    const turn = takeTurn(limiter);
    clock.advance(1);
    turn.release(ended("delivered", 1));
  }
  expect(limiter.limit).toBe(64);
});

it("has 64 posts under way at first, never more than 256, and never fewer than 8", () => {
  const clock = createManualClock();
  const limiter = createLimiter(clock);
  expect(limiter.limit).toBe(64);
  waves(limiter, clock, Array(200).fill(30));
  expect(limiter.limit).toBe(256);
  for (let latencyMs = 60; latencyMs < 1e9; latencyMs *= 1.5) waves(limiter, clock, [latencyMs, latencyMs]);
  expect(limiter.limit).toBe(8);
});

it("learns a rate from the first few posts that the account throttles, and paces by it", async () => {
  const clock = createManualClock();
  const limiter = createLimiter(clock, { initial: 64 });
  const turns = takeAllTurns(limiter);
  clock.advance(32);
  // 1,000 posts a second so far
  for (const turn of turns.slice(0, 32)) turn.release(ended());
  clock.advance(1);
  for (const turn of turns.slice(32, 36)) turn.release(ended("throttled"));
  expect(limiter.perSecond).toBeGreaterThan(400);
  expect(limiter.perSecond).toBeLessThan(600);
  const before = clock.now();
  await limiter.acquire();
  await limiter.acquire();
  expect(clock.now() - before).toBeGreaterThanOrEqual(2);
});

// A tenth of a post a second was learned from a handful of posts: a turn came after the invocation had ended
it("learns no rate from a few posts that is too low to be waited for", async () => {
  const clock = createManualClock();
  const limiter = createLimiter(clock, { initial: 64 });
  for (let post = 0; post < 40; post++) {
    const turn = await limiter.acquire();
    clock.advance(1_000);
    turn.release(ended(post % 2 === 0 ? "throttled" : "delivered", 1_000));
  }
  expect(limiter.perSecond).toBeGreaterThanOrEqual(20);
  expect(limiter.perSecond).toBeLessThan(Number.POSITIVE_INFINITY);
});

it("takes a single 429 for no rate at all", () => {
  const clock = createManualClock();
  const limiter = createLimiter(clock, { initial: 64 });
  for (let post = 0; post < 500; post++) {
    const turn = takeTurn(limiter);
    clock.advance(1);
    turn.release(ended(post % 100 === 50 ? "throttled" : "delivered", 1));
  }
  expect(limiter.perSecond).toBe(Number.POSITIVE_INFINITY);
});

it("is not slowed down by consumers that do not read", async () => {
  const clock = createManualClock();
  const limiter = createLimiter(clock, { initial: 64 });
  const slow = Array.from({ length: 10 }, (_, index) => `slow ${index}`);
  const scopes = new Map<string, (string | undefined)[]>(slow.map((connectionId) => [connectionId, []]));
  for (let round = 0; round < 200; round++) {
    for (const connectionId of slow) {
      const outcome = "throttled";
      const turn = await limiter.acquire();
      scopes.get(connectionId)?.push(turn.release({ connectionId, outcome, latencyMs: 10 }));
    }
    for (let post = 0; post < 90; post++) {
      const turn = await limiter.acquire();
      turn.release(ended());
    }
    clock.advance(10);
  }
  for (const scope of scopes.values()) {
    expect(scope.slice(4)).toEqual(scope.slice(4).map(() => "consumer"));
  }
  // The first few 429s could have been the account's; by now posts begin as fast as they are asked for
  expect(limiter.perSecond).toBeGreaterThan(10_000);
});
