/** Whole simulations: the library's core over a model of AWS, under virtual time. */
import { describe, expect, it } from "vitest";
import { DEFAULTS, type SimulateSettings } from "../../../packages/cli/src/simulate/model.ts";
import { type SimulateResult, toResult } from "../../../packages/cli/src/simulate/result.ts";
import { simulate } from "../../../packages/cli/src/simulate/simulate.ts";

async function run(settings: Partial<SimulateSettings>): Promise<SimulateResult["simulate"]> {
  return toResult(await simulate({ ...DEFAULTS, ...settings })).simulate;
}

describe("a simulated fan-out", () => {
  it("posts to each of 30,000 subscribers once, at over 90 % of the account's rate", async () => {
    const result = await run({ subscribers: 30_000, accountRate: 1_000 });
    expect(result).toMatchObject({ subscribers: 30_000, reached: 30_000, duplicates: 0, abandoned: 0 });
    expect(result.posts.delivered).toBe(30_000);
    expect(result.goodputRatio).toBeGreaterThan(0.9);
    expect(result.goodputRatio).toBeLessThan(1.05);
    expect(result.hops).toBeLessThanOrEqual(3);
  });

  it("posts to a topic of one part in the first invocation", async () => {
    const result = await run({ subscribers: 900 });
    expect(result).toMatchObject({ reached: 900, duplicates: 0, hops: 1, invocations: 1, coldStarts: 1 });
    expect(result.seconds).toBeLessThan(2);
  });

  it("returns the same for the same seed, and something else for another", async () => {
    const settings = { subscribers: 5_000, failures: 0.02 };
    const first = await run({ ...settings, seed: 3 });
    expect(await run({ ...settings, seed: 3 })).toEqual(first);
    expect((await run({ ...settings, seed: 4 })).seconds).not.toBe(first.seconds);
  });

  it("reaches everyone with several publications, of which one worker posts some together", async () => {
    const settings = { subscribers: 2_000, publications: 20, publicationsPerSecond: 10 };
    const result = await run({ ...settings, accountRate: 5_000 });
    expect(result).toMatchObject({ publications: 20, reached: 2_000, duplicates: 0 });
    expect(result.posts.delivered).toBeLessThan(20 * 2_000);
    expect(result.medianSeconds).toBeLessThanOrEqual(result.seconds);
  });

  it("repeats posts that fail until everyone is reached once", async () => {
    const result = await run({ subscribers: 3_000, failures: 0.1 });
    expect(result).toMatchObject({ reached: 3_000, duplicates: 0, abandoned: 0 });
    expect(result.posts.failed).toBeGreaterThan(200);
  });

  it("abandons subscribers if nearly all posts fail, and does not count them as reached", async () => {
    const result = await run({ subscribers: 200, failures: 0.95 });
    expect(result.abandoned).toBeGreaterThan(0);
    expect(result.reached).toBe(200 - result.abandoned);
    expect(result.hops).toBeGreaterThan(3);
  });

  it("keeps to a ceiling below the account's rate, so that no post is throttled", async () => {
    const result = await run({ subscribers: 20_000, accountRate: 2_000, postCeiling: 1_000 });
    expect(result.posts.throttled).toBe(0);
    // Half a second's posts may begin at once
    expect(result.seconds).toBeGreaterThan(18);
    expect(result.reached).toBe(20_000);
  });

  it("is limited by the workers' CPU if posts take much of it", async () => {
    const result = await run({ subscribers: 10_000, workers: 2, postCpuMicros: 1_000 });
    expect(result.posts.delivered / result.elapsedSeconds).toBeLessThan(2_000);
    expect(result.quotas[0]?.quota).toBe("the CPU of the workers");
  });

  it("reads less of each key, and finds subscribers sooner, with more shards", async () => {
    const settings = { subscribers: 100_000, accountRate: 100_000, workers: 20 };
    const [one, four] = [await run({ ...settings, shards: 1 }), await run({ ...settings, shards: 4 })];
    expect(four.indexReadUnitsPerSecondMax).toBeLessThan(one.indexReadUnitsPerSecondMax);
    expect(four.seconds).toBeLessThan(one.seconds);
    expect([one.reached, four.reached]).toEqual([100_000, 100_000]);
  });

  it("costs a dollar a million posts, and a few per cent more", async () => {
    const { dollarsPerMillionPosts } = await run({ subscribers: 20_000 });
    expect(dollarsPerMillionPosts).toBeGreaterThan(1);
    expect(dollarsPerMillionPosts).toBeLessThan(1.05);
  });

  it("bills a post of more than 32 KB as two messages", async () => {
    const small = await run({ subscribers: 2_000 });
    const large = await run({ subscribers: 2_000, bytes: 40_000 });
    expect(large.dollars / small.dollars).toBeGreaterThan(1.9);
  });

  it("reports its progress by the second of the simulated time", async () => {
    const seen: { share: number; second: number }[] = [];
    await simulate(
      { ...DEFAULTS, subscribers: 3_000, accountRate: 500 },
      (progress) => void seen.push(progress),
    );
    expect(seen.map(({ second }) => second)).toEqual([...new Set(seen.map(({ second }) => second))]);
    expect(seen.at(-1)?.share).toBeGreaterThan(0.5);
  });
});
