import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseEnv } from "node:util";
import { countSubscribers } from "lambda-websocket-pubsub";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, within } from "../support/eventually.ts";
import { readme } from "../support/readme-files.ts";
import {
  familyOf,
  freePorts,
  linkedRepository,
  outcome,
  type Running,
  run,
  stillRunning,
} from "../support/repository-copy.ts";
import { connect } from "../support/sockets.ts";

const START_TIMEOUT_MS = 60_000;

let repository: Awaited<ReturnType<typeof linkedRepository>>;
beforeAll(async () => {
  repository = await linkedRepository();
});
afterAll(() => repository.remove());

async function npmStart(): Promise<Running> {
  const [gateway, dynamodb, sqs] = await freePorts(3);
  const ports = ["--gateway-port", `${gateway}`, "--dynamodb-port", `${dynamodb}`, "--sqs-port", `${sqs}`];
  return run(repository.dir, "npm", "start", "--", ...ports);
}

/** What it prints until it is up, and the addresses in it. */
async function introductionOf({ stdout }: Running): Promise<{ text: string; websocketUrl: string }> {
  let text = "";
  for await (const line of createInterface({ input: stdout })) {
    text += `${line}\n`;
    if (line.startsWith("Ctrl-C")) break;
  }
  return { text, websocketUrl: /npx wscat -c (\S+)/.exec(text)?.[1] ?? "" };
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

describe("npm start", () => {
  it("serves the README's walk, and a Ctrl-C leaves no process behind", { timeout: 120_000 }, async () => {
    const stack = await npmStart();
    const { text, websocketUrl } = await within(
      "a stack that is up",
      introductionOf(stack),
      START_TIMEOUT_MS,
    );
    expect(websocketUrl).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
    const [prompt = "", subscribe = ""] = /^> (\{.*\})$/m.exec(readme) ?? [];
    expect(text).toContain(prompt);

    const terminals = await Promise.all([connect({ websocketUrl }), connect({ websocketUrl })]);
    for (const { send } of terminals) send(subscribe);
    const env = parseEnv(await readFile(join(repository.dir, ".local/env"), "utf8"));
    Object.assign(process.env, env);
    const config = { dynamodbTableName: env.PUBSUB_TABLE_NAME ?? "" };
    await eventually(async () => expect(await countSubscribers({ topicId: "room-1", config })).toBe(2));

    const publish = run(repository.dir, "node", "--env-file=.local/env", "examples/publish.mjs");
    const published = await outcome(publish, 20_000);
    expect(published).toMatchObject({ code: 0, stdout: expect.stringContaining("duplicate: false") });
    for (const { received } of terminals) {
      const [subscribed, ...events] = await eventually(() => {
        expect(received).toHaveLength(2);
        return received;
      });
      expect(JSON.parse(subscribed ?? "")).toMatchObject({ type: "SUBSCRIBED", requestId: "1" });
      expect(events).toEqual(['{"text":"hello"}']);
    }

    const demo = run(repository.dir, "npm", "run", "demo", "--", "--subscribers", "20", "--messages", "3");
    expect(await outcome(demo, 60_000)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/delivered .* 60 .*p50Ms and p99Ms: from the call/s),
    });

    const family = await familyOf(stack.child.pid ?? 0);
    const commands = family.map(({ command }) => command).join("\n");
    expect(commands).toMatch(/DynamoDBLocal/i);
    expect(commands).toMatch(/worker-runtime.* .*functions\/websocket/);
    expect(commands).toMatch(/worker-runtime.* .*functions\/fanout/);
    stack.interrupt();
    expect(await outcome(stack, 10_000)).toMatchObject({ code: 0 });
    await eventually(async () => expect(await stillRunning(family.map(({ pid }) => pid))).toEqual([]), 5_000);
  });

  it("ends with all it started when npm alone is told to", { timeout: 90_000 }, async () => {
    const stack = await npmStart();
    await within("a stack that is up", introductionOf(stack), START_TIMEOUT_MS);
    const family = await familyOf(stack.child.pid ?? 0);
    expect(family.length).toBeGreaterThanOrEqual(3);
    stack.child.kill("SIGTERM");
    expect(await outcome(stack, 10_000)).toMatchObject({ code: 0 });
    await eventually(async () => expect(await stillRunning(family.map(({ pid }) => pid))).toEqual([]), 5_000);
  });
});

describe("npm run life", () => {
  it("prints lines that account for all three consumers, redelivery included", {
    timeout: 120_000,
  }, async () => {
    const { code, stdout } = await outcome(run(repository.dir, "npm", "run", "-s", "life"), 90_000);
    expect(code).toBe(0);
    expect(stdout).toMatch(/producer +publication-accepted .*fanout +redelivery-queued /s);
    const delivered = [...stdout.matchAll(/ page-delivered .* delivered=(\d+) /g)].map(([, count]) =>
      Number(count),
    );
    expect(delivered.length).toBeGreaterThan(1);
    expect(delivered.reduce((sum, count) => sum + count, 0)).toBe(3);
  });

  it("refuses an option that it does not have", async () => {
    const { code, stderr } = await outcome(
      run(repository.dir, "npm", "run", "life", "--", "--jason"),
      20_000,
    );
    expect(code).toBe(1);
    expect(stderr).toContain("'--jason'");
  });
});

describe("npm run demo", () => {
  it("ends with 130 and leaves no process when it is interrupted", { timeout: 90_000 }, async () => {
    const demo = run(repository.dir, "npm", "run", "demo");
    await within("a demo that starts", once(demo.child.stderr ?? demo.stdout, "data"), START_TIMEOUT_MS);
    const family = await familyOf(demo.child.pid ?? 0);
    demo.interrupt();
    expect(await outcome(demo, 60_000)).toMatchObject({ code: 130 });
    await eventually(async () => expect(await stillRunning(family.map(({ pid }) => pid))).toEqual([]));
  });

  it("brings a stack of its own where none runs, and counts", { timeout: 90_000 }, async () => {
    const demo = run(
      repository.dir,
      "npm",
      "run",
      "demo",
      "--",
      "--subscribers",
      "50",
      "--messages",
      "5",
      "--json",
    );
    const { code, stdout } = await outcome(demo, 60_000);
    expect(code).toBe(0);
    const result = JSON.parse(lastLine(stdout)) as Record<string, number>;
    expect(result).toEqual({
      subscribers: 50,
      messages: 5,
      expected: 250,
      delivered: 250,
      lost: 0,
      duplicates: 0,
      p50Ms: expect.any(Number),
      p99Ms: expect.any(Number),
    });
    expect(result.p50Ms).toBeGreaterThan(0);
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms ?? Number.POSITIVE_INFINITY);
  });

  it.each([
    [["--bogus"], "--bogus"],
    [["--subscribers", "0"], "--subscribers must be a whole number"],
    [["--messages", "many"], '"many"'],
  ])("says how it is used when it is given %j", async (args, complaint) => {
    const { code, stdout, stderr } = await outcome(
      run(repository.dir, "npm", "run", "demo", "--", ...args),
      20_000,
    );
    expect(code).toBe(2);
    expect(stderr).toContain(complaint);
    expect(stderr).toContain("npm run demo -- [--subscribers N] [--messages M] [--json]");
    expect(stdout).not.toContain("{");
  });
});
