import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseEnv } from "node:util";
import { countSubscribers } from "lambda-websocket-pubsub";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, within } from "../support/eventually.ts";
import { freePorts } from "../support/free-ports.ts";
import { subscribeLine } from "../support/readme-files.ts";
import {
  familyOf,
  linkedRepository,
  outcome,
  type Running,
  run,
  stillRunning,
} from "../support/repository-copy.ts";
import { connect } from "../support/sockets.ts";

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

/** The text that it prints until it is up, and the addresses in it. */
async function introductionOf({ stdout, ended }: Running): Promise<{ text: string; websocketUrl: string }> {
  let text = "";
  for await (const line of createInterface({ input: stdout })) {
    text += `${line}\n`;
    if (line.startsWith("Ctrl-C")) return { text, websocketUrl: /npx wscat -c (\S+)/.exec(text)?.[1] ?? "" };
  }
  throw new Error(`npm start ended before the stack was up: ${text}${(await ended).stderr}`);
}

const subscribed: unknown = expect.stringMatching(
  /^\{"type":"SUBSCRIBED","requestId":"1","topicId":"room-1",/,
);
const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

describe("npm start", () => {
  it("serves the README's walk, and ends every process on Ctrl-C", async () => {
    const stack = await npmStart();
    const { websocketUrl } = await within("a stack that is up", introductionOf(stack));
    expect(websocketUrl).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);

    const terminals = await Promise.all([connect({ websocketUrl }), connect({ websocketUrl })]);
    for (const { send } of terminals) send(subscribeLine);
    const env = parseEnv(await readFile(join(repository.dir, ".local/env"), "utf8"));
    Object.assign(process.env, env);
    const config = { dynamodbTableName: env.PUBSUB_TABLE_NAME ?? "" };
    await eventually(async () => expect(await countSubscribers({ topicId: "room-1", config })).toBe(2));

    const publish = ["node", "--env-file=.local/env", "examples/publish.mjs"];
    for (const shell of [[], ["AWS_PROFILE=no-such-profile"]]) {
      const published = await outcome(run(repository.dir, "env", ...shell, ...publish));
      expect(published).toMatchObject({ code: 0, stderr: "" });
      expect(published.stdout).toContain("duplicate: false");
    }
    for (const { received } of terminals) {
      await eventually(() => expect(received).toEqual([subscribed, '{"text":"hello"}', '{"text":"hello"}']));
    }

    const demo = run(
      repository.dir,
      "npm",
      "run",
      "demo",
      "--",
      "--subscribers",
      "20",
      "--messages",
      "3",
      "--json",
    );
    expect(JSON.parse(lastLine((await outcome(demo)).stdout))).toMatchObject({
      delivered: 60,
      lost: 0,
    });

    const family = await familyOf(stack.child.pid ?? 0);
    const commands = family.map(({ command }) => command).join("\n");
    expect(commands).toMatch(/DynamoDBLocal/i);
    expect(commands).toMatch(/worker-runtime.* .*functions\/websocket/);
    expect(commands).toMatch(/worker-runtime.* .*functions\/fanout/);
    stack.interrupt();
    expect(await outcome(stack)).toMatchObject({ code: 0 });
    await eventually(async () => expect(await stillRunning(family.map(({ pid }) => pid))).toEqual([]));
  });

  it("ends with every process it started when only npm gets the signal", async () => {
    const stack = await npmStart();
    await within("a stack that is up", introductionOf(stack));
    const family = await familyOf(stack.child.pid ?? 0);
    expect(family.length).toBeGreaterThanOrEqual(3);
    stack.child.kill("SIGTERM");
    expect(await outcome(stack)).toMatchObject({ code: 0 });
    await eventually(async () => expect(await stillRunning(family.map(({ pid }) => pid))).toEqual([]));
  });
});

describe("npm run demo", () => {
  it("starts its own stack if none runs, and counts the messages", async () => {
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
    const { code, stdout } = await outcome(demo);
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
  ])("prints its usage when it is given %j", async (args, complaint) => {
    const { code, stdout, stderr } = await outcome(run(repository.dir, "npm", "run", "demo", "--", ...args));
    expect(code).toBe(2);
    expect(stderr).toContain(complaint);
    expect(stderr).toContain("npm run demo -- [--subscribers N] [--messages M] [--json]");
    expect(stdout).not.toContain("{");
  });
});
