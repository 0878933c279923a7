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

it("gives as many turns as its limit at once, and further turns in order as earlier ones are released", async () => {
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

it("gives a cancelled turn to the next caller", async () => {
  const limiter = createLimiter(createManualClock(), { initial: 1, min: 1 });
  const turn = takeTurn(limiter);
  const next = waitForTurn(limiter);
  turn.cancel();
  await next;
  expect(limiter.perSecond).toBe(Number.POSITIVE_INFINITY);
});

/** Posts in waves. Each wave has as many posts as the limit allows, all of one latency. */
function waves(limiter: Limiter, clock: ReturnType<typeof createManualClock>, latenciesMs: number[]): void {
  for (const latencyMs of latenciesMs) {
    const turns = takeAllTurns(limiter);
    clock.advance(latencyMs);
    // The first release grants the turn that was requested last
    for (const turn of [...turns, ...turns.slice(0, 1)]) turn.release(ended("delivered", latencyMs));
  }
}

it("raises its limit while the latency stays the same, and lowers it when the latency rises", () => {
  const clock = createManualClock();
  const limiter = createLimiter(clock, { initial: 32, min: 8, max: 100 });
  waves(limiter, clock, Array(100).fill(30));
  expect(limiter.limit).toBe(100);
  waves(limiter, clock, Array(30).fill(120));
  expect(limiter.limit).toBeLessThan(50);
  expect(limiter.limit).toBeGreaterThanOrEqual(8);
});

it("does not raise its limit while only one post at a time is under way", () => {
  const clock = createManualClock();
  const limiter = createLimiter(clock, { initial: 64 });
  for (let post = 0; post < 1_000; post++) {
    const turn = takeTurn(limiter);
    clock.advance(1);
    turn.release(ended("delivered", 1));
  }
  expect(limiter.limit).toBe(64);
});

it("allows 64 posts at once at first, at most 256, and at least 8", () => {
  const clock = createManualClock();
  const limiter = createLimiter(clock);
  expect(limiter.limit).toBe(64);
  waves(limiter, clock, Array(200).fill(30));
  expect(limiter.limit).toBe(256);
  for (let latencyMs = 60; latencyMs < 1e9; latencyMs *= 1.5) waves(limiter, clock, [latencyMs, latencyMs]);
  expect(limiter.limit).toBe(8);
});

it("learns a rate from the first posts that the account throttles, and delays later turns to keep it", async () => {
  const clock = createManualClock();
  const limiter = createLimiter(clock, { initial: 64 });
  const turns = takeAllTurns(limiter);
  clock.advance(32);
  // The rate is 1,000 posts a second so far
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

// It used to learn a tenth of a post per second from a few posts, so a turn came only after the invocation had ended
it("learns a rate of at least 20 posts a second, however slow the few throttled posts were", async () => {
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

it("learns no rate if one of every 100 posts gets a 429", () => {
  const clock = createManualClock();
  const limiter = createLimiter(clock, { initial: 64 });
  for (let post = 0; post < 500; post++) {
    const turn = takeTurn(limiter);
    clock.advance(1);
    turn.release(ended(post % 100 === 50 ? "throttled" : "delivered", 1));
  }
  expect(limiter.perSecond).toBe(Number.POSITIVE_INFINITY);
});

it("keeps its rate above 10,000 posts a second if 10 consumers do not read, and blames those consumers", async () => {
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
  // The first few 429s could have been the account's. By now, posts begin as fast as callers ask for turns
  expect(limiter.perSecond).toBeGreaterThan(10_000);
});
