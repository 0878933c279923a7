import { describe, expect, it } from "vitest";
import {
  createPostRate,
  type PostMoment,
  type PostRate,
} from "../../../packages/pubsub/src/core/delivery/post-rate.ts";

const moment = (changes: Partial<PostMoment>): PostMoment => {
  return { nowMs: 1_000, elapsedMs: 100, passed: 0, throttled: 0, ...changes };
};

/** Returns a rate of `perSecond` posts, learned at 1,000 ms. Its bucket is empty. */
function rateOf(perSecond: number): PostRate {
  const rate = createPostRate();
  rate.observe(moment({ elapsedMs: 1_000, passed: 2 * perSecond, throttled: 2 * perSecond }));
  expect(rate.perSecond).toBe(perSecond);
  return rate;
}

/** Returns a rate that met the quota a second time, so that it no longer grows fast to find it. */
function settledRateOf(perSecond: number): PostRate {
  const rate = rateOf(perSecond);
  // A tiny share of throttled posts in a tiny time: the rate does not change
  rate.observe(moment({ elapsedMs: 1e-9, passed: 1e9, throttled: 1 }));
  expect(rate.perSecond).toBeCloseTo(perSecond, 6);
  return rate;
}

/** Takes posts until the rate asks to wait, and returns how many it took. */
function takeAll(rate: PostRate, nowMs: number): number {
  let taken = 0;
  while (taken < 100_000 && rate.take(nowMs) === 0) taken += 1;
  return taken;
}

describe("a rate before the account has throttled", () => {
  it("is infinite, and no post waits", () => {
    const rate = createPostRate();
    expect(takeAll(rate, 0)).toBe(100_000);
    rate.observe(moment({ passed: 1_000 }));
    expect(rate.perSecond).toBe(Number.POSITIVE_INFINITY);
  });

  it("is learned when one post in twenty is throttled, and not from fewer, which may come from slow consumers", () => {
    const rate = createPostRate();
    rate.observe(moment({ passed: 96, throttled: 4 }));
    expect(rate.perSecond).toBe(Number.POSITIVE_INFINITY);
    rate.observe(moment({ passed: 95, throttled: 5 }));
    // Half of the 950 a second that passed: most of the posts in flight will be throttled too
    expect(rate.perSecond).toBe(475);
  });

  it("is learned as twenty a second if no post passed", () => {
    const rate = createPostRate();
    rate.observe(moment({ elapsedMs: 1_000, throttled: 100 }));
    expect(rate.perSecond).toBe(20);
  });
});

describe("the bucket", () => {
  it("is empty when the rate is learned, and returns the milliseconds until the next post", () => {
    const rate = rateOf(200);
    expect(rate.take(1_000)).toBe(5);
    expect(rate.take(1_002)).toBeCloseTo(3, 9);
    expect(rate.take(1_005)).toBe(0);
    expect(rate.take(1_005)).toBeCloseTo(5, 9);
  });

  it("holds a tenth of a second's posts after a pause, two at the lowest rate", () => {
    expect(takeAll(rateOf(200), 60_000)).toBe(20);
    const rate = createPostRate();
    rate.observe(moment({ elapsedMs: 10_000, throttled: 100 }));
    expect(takeAll(rate, 60_000)).toBe(2);
  });

  it("lets another post begin when an unused one is given back", () => {
    const rate = rateOf(200);
    expect(rate.take(1_005)).toBe(0);
    rate.giveBack();
    expect(rate.take(1_005)).toBe(0);
  });

  it("returns the same wait after the clock goes back", () => {
    const rate = rateOf(200);
    expect(rate.take(1_004)).toBeCloseTo(1, 9);
    expect(rate.take(1_003)).toBeCloseTo(1, 9);
  });
});

describe("a rate that is throttled", () => {
  it.each<[string, Partial<PostMoment>, number]>([
    ["falls by the throttled share", { passed: 90, throttled: 10 }, 900],
    [
      "falls by the throttled share once in a moment of half a second",
      { elapsedMs: 500, passed: 90, throttled: 10 },
      900,
    ],
    ["falls by half of the share in half the time", { elapsedMs: 50, passed: 90, throttled: 10 }, 950],
    [
      "falls by half of the share in half the time if one post in five is throttled",
      { elapsedMs: 50, passed: 80, throttled: 20 },
      900,
    ],
    ["falls little after a single throttled post", { passed: 0, throttled: 1 }, 937.5],
    ["falls to what passed if more than one post in five is throttled", { passed: 60, throttled: 40 }, 600],
    ["falls by no more than the throttled share", { passed: 10, throttled: 30 }, 250],
    ["does not rise if more passed than its rate", { passed: 150, throttled: 50 }, 1_000],
    ["never falls below twenty a second", { elapsedMs: 10_000, passed: 1, throttled: 1_000_000 }, 20],
  ])("%s", (_, changes, perSecond) => {
    const rate = rateOf(1_000);
    rate.observe(moment(changes));
    expect(rate.perSecond).toBeCloseTo(perSecond, 6);
  });

  it("stays at twenty a second if a small step would fall below that", () => {
    const rate = rateOf(21);
    rate.observe(moment({ passed: 80, throttled: 20 }));
    expect(rate.perSecond).toBe(20);
  });

  it("empties its bucket if more than one post in five is throttled, even after a pause", () => {
    const rate = rateOf(1_000);
    expect(rate.take(2_000)).toBe(0);
    rate.observe(moment({ nowMs: 2_000, passed: 50, throttled: 50 }));
    expect(rate.perSecond).toBe(500);
    expect(rate.take(2_000)).toBe(2);
  });

  it("keeps the wait for posts that began on credit", () => {
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

  it("grows by one and a half times itself a second until it meets the quota again", () => {
    expect(grown(rateOf(1_000), { nowMs: 1_100 })).toBeCloseTo(150, 6);
    const rate = rateOf(1_000);
    rate.observe(moment({ passed: 500, throttled: 500, elapsedMs: 500 }));
    expect(grown(rate, { nowMs: 1_100 })).toBeCloseTo(150, 6);
  });

  it.each([
    ["a fifth of itself a second if it is low", 100, 2],
    ["five times its square root a second if it is high, so that workers reach the same rate", 10_000, 50],
  ])("grows after it met the quota again by %s", (_, perSecond, growth) => {
    expect(grown(settledRateOf(perSecond), { nowMs: 1_000 })).toBeCloseTo(growth, 4);
  });

  it.each([
    ["twice as fast after half a second of calm", 500, 100],
    ["five times as fast after a second", 1_000, 250],
    ["at most by twice itself a second after a minute", 60_000, 2_000],
  ])("grows %s", (_, calmMs, growth) => {
    expect(grown(settledRateOf(10_000), { nowMs: 1_000 + calmMs })).toBeCloseTo(growth, 3);
  });

  it("stays the same while no post has to wait, because posts did not reach it", () => {
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
