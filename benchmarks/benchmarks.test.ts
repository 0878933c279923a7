import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
/** Ends a benchmark that hangs. Even on a busy machine, no benchmark takes this long. */
const TIMEOUT_MS = 600_000;

interface Output {
  checks: { what: string; holds: boolean }[];
  [name: string]: unknown;
}

/** Rejects when it ends with another code than 0, or after the timeout. */
async function bench(command: string): Promise<Output> {
  const args = ["--conditions=pubsub-source", "--disable-warning=ExperimentalWarning", MAIN];
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...args, ...command.split(" "), "--json"],
    { timeout: TIMEOUT_MS, maxBuffer: 2 ** 24 },
  );
  expect(stderr).toBe("");
  const output = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Output;
  expect(output.checks.length).toBeGreaterThan(0);
  expect(output.checks.filter(({ holds }) => !holds)).toEqual([]);
  return output;
}

const number = expect.any(Number);

// The first one mostly waits, for an account's rate; all at once would only be in each other's way
vi.setConfig({ maxConcurrency: 2, testTimeout: TIMEOUT_MS });

/** Small ones: how fast they are is nothing to be tested. */
describe.concurrent("what a benchmark prints with --json", () => {
  it("runs throttle", async () => {
    const variant = { goodputRatio: number, rejectedRatio: number, lost: number };
    const beside = { subscribes: number, answered: number, refused: number, medianMs: number, missing: 0 };
    expect(await bench("throttle --quota 50 --seconds 3 --rounds 1 --account-quota 100")).toMatchObject({
      throttle: {
        quota: 50,
        workers: 1,
        ours: { ...variant, lost: 0 },
        sdkStandard: variant,
        sdkAdaptive: variant,
        neighbours: { quota: 100, capped: { ...beside, refused: 0 }, uncapped: beside },
      },
    });
  });

  it("runs posts", async () => {
    const client = { postsPerSecond: number, cpuMicrosPerPost: number };
    expect(await bench("posts --posts 2000 --rounds 2")).toMatchObject({
      benchmark: "posts",
      posts: { ours: client, sdk: client, floor: client, ratioToFloor: number, ratioToSdk: number },
    });
  });

  it("runs hot-topic", async () => {
    expect(await bench("hot-topic --producers 2 --seconds 1 --rounds 1")).toMatchObject({
      hotTopic: {
        producers: 2,
        appendsPerSecond: number,
        barePutsPerSecond: number,
        ratio: number,
        contiguous: true,
        lost: 0,
      },
    });
  });

  it("runs fanout", async () => {
    const way = {
      reached: 300,
      duplicates: 0,
      seconds: number,
      cpuMicrosPerPost: number,
      rssGrowthMb: number,
      dollarsPerMillion: number,
    };
    expect(await bench("fanout --subscribers 300 --workers 1 --warm-posts 300 --rounds 1")).toMatchObject({
      fanout: { subscribers: 300, ours: way, oursWarm: way, seed: way, sdkPool: way },
    });
  });

  it("runs small-topic", async () => {
    const row = {
      subscribers: 1,
      writeUnits: number,
      readUnits: number,
      sqsRequests: number,
      invocations: number,
      dollarsPerMillionBeyondPosts: number,
      appSyncDollarsPerMillion: 2,
      totalDollarsPerMillion: number,
    };
    const { smallTopic } = await bench("small-topic --publishes 1 --max-subscribers 1 --rounds 1");
    const { rows } = smallTopic as { rows: object[] };
    expect(rows).toMatchObject([
      { ...row, publicationId: false, path: "queue" },
      ...rows.slice(1).map(() => row),
    ]);
    expect(rows.filter((each) => "path" in each && each.path === "queue")).toHaveLength(2);
  });

  it("runs idle", async () => {
    expect(await bench("idle --max-topics 1 --rounds 1")).toMatchObject({
      idle: {
        rows: [{ topics: 1, pingReadUnits: number, pingMs: number, dollarsPerConnectionMonth: number }],
      },
    });
  });
});
