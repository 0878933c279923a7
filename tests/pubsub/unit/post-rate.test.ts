import { describe, expect, it } from "vitest";
import {
  createPostRate,
  type PostMoment,
  type PostRate,
} from "../../../packages/pubsub/src/core/delivery/post-rate.ts";

const moment = (changes: Partial<PostMoment>): PostMoment => {
  return { nowMs: 1_000, elapsedMs: 100, passed: 0, throttled: 0, ...changes };
};

/** A rate of so many posts a second, learned at a thousand milliseconds, its bucket empty. */
function rateOf(perSecond: number): PostRate {
  const rate = createPostRate();
  rate.observe(moment({ elapsedMs: 1_000, passed: 2 * perSecond, throttled: 2 * perSecond }));
  expect(rate.perSecond).toBe(perSecond);
  return rate;
}

/** The same after it met the quota again: it seeks no more. */
function settledRateOf(perSecond: number): PostRate {
  const rate = rateOf(perSecond);
  // Hardly any, for hardly any time: the rate stays what it is
  rate.observe(moment({ elapsedMs: 1e-9, passed: 1e9, throttled: 1 }));
  expect(rate.perSecond).toBeCloseTo(perSecond, 6);
  return rate;
}

/** Takes what is there at once. */
function takeAll(rate: PostRate, nowMs: number): number {
  let taken = 0;
  while (taken < 100_000 && rate.take(nowMs) === 0) taken += 1;
  return taken;
}

describe("before the account has throttled", () => {
  it("has no rate, and nobody waits", () => {
    const rate = createPostRate();
    expect(takeAll(rate, 0)).toBe(100_000);
    rate.observe(moment({ passed: 1_000 }));
    expect(rate.perSecond).toBe(Number.POSITIVE_INFINITY);
  });

  it("takes one throttled post in twenty for the account's, fewer for consumers that do not read", () => {
    const rate = createPostRate();
    rate.observe(moment({ passed: 96, throttled: 4 }));
    expect(rate.perSecond).toBe(Number.POSITIVE_INFINITY);
    rate.observe(moment({ passed: 95, throttled: 5 }));
    // Half of the 950 a second that passed: most of what is under way will be throttled too
    expect(rate.perSecond).toBe(475);
  });

  it("has a rate of at least twenty a second, even if nothing passed", () => {
    const rate = createPostRate();
    rate.observe(moment({ elapsedMs: 1_000, throttled: 100 }));
    expect(rate.perSecond).toBe(20);
  });
});

describe("the bucket", () => {
  it("is empty when the rate is learned, and says to the millisecond when there will be a post", () => {
    const rate = rateOf(200);
    expect(rate.take(1_000)).toBe(5);
    expect(rate.take(1_002)).toBeCloseTo(3, 9);
    expect(rate.take(1_005)).toBe(0);
    expect(rate.take(1_005)).toBeCloseTo(5, 9);
  });

  it("holds a tenth of a second's posts after a pause, and one at the lowest rates", () => {
    expect(takeAll(rateOf(200), 60_000)).toBe(20);
    const rate = createPostRate();
    rate.observe(moment({ elapsedMs: 10_000, throttled: 100 }));
    expect(takeAll(rate, 60_000)).toBe(2);
  });

  it("takes a post back that was not made", () => {
    const rate = rateOf(200);
    expect(rate.take(1_005)).toBe(0);
    rate.giveBack();
    expect(rate.take(1_005)).toBe(0);
  });

  it("loses nothing to a clock that is put back", () => {
    const rate = rateOf(200);
    expect(rate.take(1_004)).toBeCloseTo(1, 9);
    expect(rate.take(1_003)).toBeCloseTo(1, 9);
  });
});

describe("a rate that is throttled", () => {
  it.each<[string, Partial<PostMoment>, number]>([
    ["loses that share", { passed: 90, throttled: 10 }, 900],
    ["loses it once, however long the moment", { elapsedMs: 500, passed: 90, throttled: 10 }, 900],
    ["loses half of it in half the time", { elapsedMs: 50, passed: 90, throttled: 10 }, 950],
    ["up to one post in five", { elapsedMs: 50, passed: 80, throttled: 20 }, 900],
    ["is not judged by one post", { passed: 0, throttled: 1 }, 937.5],
    ["falls to what passed, where far more was throttled", { passed: 60, throttled: 40 }, 600],
    ["and by no more than the share", { passed: 10, throttled: 30 }, 250],
    ["never rises by it", { passed: 150, throttled: 50 }, 1_000],
    ["is never less than twenty", { elapsedMs: 10_000, passed: 1, throttled: 1_000_000 }, 20],
  ])("%s", (_, changes, perSecond) => {
    const rate = rateOf(1_000);
    rate.observe(moment(changes));
    expect(rate.perSecond).toBeCloseTo(perSecond, 6);
  });

  it("is never less than twenty, little by little either", () => {
    const rate = rateOf(21);
    rate.observe(moment({ passed: 80, throttled: 20 }));
    expect(rate.perSecond).toBe(20);
  });

  it("lets nothing begin at once where far more was throttled, however long the pause before", () => {
    const rate = rateOf(1_000);
    expect(rate.take(2_000)).toBe(0);
    rate.observe(moment({ nowMs: 2_000, passed: 50, throttled: 50 }));
    expect(rate.perSecond).toBe(500);
    expect(rate.take(2_000)).toBe(2);
  });

  it("does not forgive posts that were begun on credit", () => {
    const rate = rateOf(1_000);
    expect(takeAll(rate, 1_001)).toBe(1);
    rate.observe(moment({ passed: 90, throttled: 10 }));
    expect(rate.take(1_001)).toBeGreaterThan(0);
  });
});

describe("a rate that is not throttled", () => {
  const grown = (rate: PostRate, changes: Partial<PostMoment>): number => {
    const before = rate.perSecond;
    expect(rate.take(1_000)).toBeGreaterThan(0);
    rate.observe(moment({ passed: 10, ...changes }));
    return rate.perSecond - before;
  };

  it("grows by half again as much as it is in a second, until it meets the quota", () => {
    expect(grown(rateOf(1_000), { nowMs: 1_100 })).toBeCloseTo(150, 6);
    const rate = rateOf(1_000);
    rate.observe(moment({ passed: 500, throttled: 500, elapsedMs: 500 }));
    expect(grown(rate, { nowMs: 1_100 })).toBeCloseTo(150, 6);
  });

  it.each([
    ["a fifth of itself a second, where it is low", 100, 2],
    ["five times its root, where it is high, so that workers come to the same rate", 10_000, 50],
  ])("then grows by %s", (_, perSecond, growth) => {
    expect(grown(settledRateOf(perSecond), { nowMs: 1_000 })).toBeCloseTo(growth, 4);
  });

  it.each([
    ["twice as fast after half a second of calm", 500, 100],
    ["five times as fast after a second", 1_000, 250],
    ["and never by more than twice itself a second", 60_000, 2_000],
  ])("grows %s", (_, calmMs, growth) => {
    expect(grown(settledRateOf(10_000), { nowMs: 1_000 + calmMs })).toBeCloseTo(growth, 3);
  });

  it("stays what it is while nobody has to wait: it was not tried", () => {
    const rate = rateOf(1_000);
    rate.observe(moment({ nowMs: 1_100, passed: 10 }));
    expect(rate.perSecond).toBe(1_000);
    expect(rate.take(1_000)).toBeGreaterThan(0);
    rate.observe(moment({ nowMs: 1_200, passed: 10 }));
    const once = rate.perSecond;
    rate.observe(moment({ nowMs: 1_300, passed: 10 }));
    expect(rate.perSecond).toBe(once);
  });
});
