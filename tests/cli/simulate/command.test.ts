/** `pubsub simulate`: what it accepts, and what it prints. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { main } from "../../../packages/cli/src/main.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pubsub-simulate-"));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

async function pubsub(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = vi.spyOn(console, "log").mockReturnValue();
  const complained = vi.spyOn(console, "error").mockReturnValue();
  const code = await main(args);
  return { code, stdout: printed.mock.calls.join("\n"), stderr: complained.mock.calls.join("\n") };
}

describe("pubsub simulate", () => {
  it.each([
    [["--subscribers", "0"], '--subscribers must be a whole number from 1 to 10000000; got "0"'],
    [["--subscribers", "10000001"], "--subscribers must be a whole number from 1 to 10000000"],
    [["--subscribers", "1e6"], '--subscribers must be a whole number from 1 to 10000000; got "1e6"'],
    [["--rate", "0"], "--rate must be a number from 0.001 to 1000"],
    [["--failures", "1"], "--failures must be a number from 0 to 0.999"],
    [["--workers", "1"], "--workers must be a whole number from 2 to 1000"],
    [["--workers", "2.5"], '--workers must be a whole number from 2 to 1000; got "2.5"'],
    [["--part-size", "5001"], "--part-size must be a whole number from 1 to 5000"],
    [
      ["--subscribers", "10000000", "--publications", "11"],
      "--subscribers times --publications must be at most 100000000; got 10000000 times 11",
    ],
    [["--subscriber", "5"], "Did you mean --subscribers?"],
  ])("refuses %j with exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await pubsub("simulate", ...args);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("prints one object with --json, with the limits in the order of their use", async () => {
    const { code, stdout } = await pubsub("simulate", "--subscribers", "1500", "--json");
    expect(code).toBe(0);
    const number = expect.any(Number);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      simulate: {
        subscribers: 1_500,
        shards: 1,
        seconds: number,
        goodputRatio: number,
        hops: number,
        reached: 1_500,
        duplicates: 0,
        indexReadUnitsPerSecondMax: number,
        dollars: number,
      },
    });
    const shares: number[] = result.simulate.quotas.map(({ share }: { share: number }) => share);
    expect(shares).toEqual([...shares].sort((one, other) => other - one));
    expect(shares.length).toBeGreaterThan(10);
  });

  it("prints a table for people, and what to ask AWS for", async () => {
    const args = ["--subscribers", "20000", "--account-rate", "2000", "--publications", "2"];
    const { code, stdout } = await pubsub("simulate", ...args);
    expect(code).toBe(0);
    expect(stdout).toContain("subscribers with every event  20,000 (0 duplicates)");
    expect(stdout).toMatch(/\nbinds +\d+ % +[\d,]+ of 2,000 +API Gateway: the account's requests, for posts/);
    expect(stdout).toContain("Service Quotas, API Gateway: Throttle rate");
  });

  it("exits with 1 if a subscriber did not get every event", async () => {
    const { code, stdout } = await pubsub("simulate", "--subscribers", "100", "--failures", "0.97");
    expect(code).toBe(1);
    expect(stdout).toMatch(/deliveries abandoned +[1-9]/);
  });

  it("draws the posts of each second with axes, their names and the account's rate", async () => {
    const file = join(folder, "posts.svg");
    const args = ["--subscribers", "20000", "--account-rate", "2000", "--failures", "0.01", "--svg", file];
    expect(await pubsub("simulate", ...args)).toMatchObject({ code: 0 });
    const svg = await readFile(file, "utf8");
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    for (const text of [
      "Posts a second: 20,000 subscribers",
      "seconds after the first publish",
      "the account's rate: 2,000",
      "throttled (429)",
      "failed (500)",
    ]) {
      expect(svg).toContain(`>${text}<`);
    }
    expect(svg.match(/<path /g)).toHaveLength(3);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("says before it begins that a drawing cannot be written", async () => {
    const { code, stderr } = await pubsub("simulate", "--svg", join(folder, "missing", "posts.svg"));
    expect(stderr).toMatch(/^--svg .*posts\.svg cannot be written: ENOENT/);
    expect(code).toBe(1);
  });
});
