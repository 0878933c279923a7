import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseArguments, UsageError } from "../../packages/local/src/cli-arguments.ts";
import { shownLog } from "../../packages/local/src/cli-output.ts";

const cli = fileURLToPath(new URL("../../packages/local/src/cli.ts", import.meta.url));
const running: ChildProcess[] = [];
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "pubsub-cli-"));
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function run(
  ...args: string[]
): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, ["--conditions=pubsub-source", cli, ...args], {
    cwd: dir,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  return child;
}

async function outcome(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = run(...args);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { code, stdout, stderr };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

async function portFlags(): Promise<string[]> {
  const [gateway, dynamodb, sqs] = await freePorts(3);
  return ["--gateway-port", `${gateway}`, "--dynamodb-port", `${dynamodb}`, "--sqs-port", `${sqs}`];
}

describe("npm start", () => {
  it("says where everything is, in JSON and in an env file, and stops on SIGINT", async () => {
    const flags = await portFlags();
    const child = run(...flags, "--json");
    const stderr = text(child.stderr);
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    const answer = JSON.parse(String(line)) as Record<string, unknown>;
    expect(answer).toMatchObject({
      websocketUrl: `ws://127.0.0.1:${flags[1]}`,
      dynamodbEndpoint: `http://127.0.0.1:${flags[3]}`,
      fanoutQueueUrl: `http://127.0.0.1:${flags[5]}/000000000000/pubsub-fanout`,
    });
    const envFile = join(dir, ".local", "env");
    expect(parseEnv(await readFile(envFile, "utf8"))).toEqual(answer.env);
    expect((await stat(envFile)).mode & 0o777).toBe(0o600);

    child.kill("SIGINT");
    child.kill("SIGINT"); // npm passes on what the terminal has sent already: still one Ctrl-C
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    expect(await stderr).toBe("");
    for (const endpoint of [answer.dynamodbEndpoint, answer.fanoutQueueUrl]) {
      await expect(fetch(String(endpoint))).rejects.toThrow("fetch failed");
    }
  });

  it("prints what to type next, and stops on SIGTERM", async () => {
    const child = run(...(await portFlags()));
    let printed = "";
    for await (const line of createInterface({ input: child.stdout })) {
      printed += `${line}\n`;
      if (line.startsWith("Ctrl-C")) break;
    }
    expect(printed).toMatch(/npx wscat -c ws:\/\/127\.0\.0\.1:\d+\n/);
    expect(printed).toContain('{"action":"SUBSCRIBE","topicId":"room-1","requestId":"1"}');
    expect(printed).toContain("node --env-file=.local/env examples/publish.mjs");
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("names a port that is taken, who needs it, and the flag that changes it", async () => {
    const occupant = createServer().listen(0, "127.0.0.1");
    await once(occupant, "listening");
    const { port } = occupant.address() as { port: number };
    const flags = await portFlags();
    flags[3] = String(port);
    const { code, stdout, stderr } = await outcome(...flags);
    occupant.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(
      `Port ${port} on 127.0.0.1, needed by DynamoDB Local, is in use by another program. ` +
        "Choose another one with --dynamodb-port N.\n",
    );
  });

  it("exits with 2 on a flag it does not know, with 0 after its help", async () => {
    expect(await outcome("--nope")).toEqual({
      code: 2,
      stdout: "",
      stderr: "Unknown option '--nope'. See --help.\n",
    });
    const help = await outcome("--help");
    expect(help).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("--sqs-port N") });
  });
});

describe("arguments", () => {
  it("have fixed defaults", () => {
    expect(parseArguments([])).toEqual({
      ports: { gateway: 3001, dynamodb: 8011, sqs: 9311 },
      json: false,
    });
  });

  it.each([
    [["--sqs-port", "0"]],
    [["--sqs-port", "65536"]],
    [["--sqs-port", "1e3"]],
    [["--sqs-port"]],
    [["x"]],
  ])("refuse %j", (args) => expect(() => parseArguments(args)).toThrow(UsageError));
});

describe("the functions' log", () => {
  const source = { kind: "function", name: "fanout", pid: 7, stream: "stdout" } as const;

  it("shows warnings, errors and whatever is not JSON", () => {
    expect(shownLog('{"level":"INFO","message":"quiet"}', source)).toBeUndefined();
    expect(shownLog("", source)).toBeUndefined();
    expect(shownLog('{"level":"ERROR","message":"loud"}', source)).toContain("[fanout 7] {");
    expect(shownLog("by hand", source)).toBe("[fanout 7] by hand");
    expect(shownLog('{"level":"INFO"}', { ...source, stream: "stderr" })).toContain("INFO");
    expect(shownLog("connection opened", { kind: "stack", name: "gateway", level: "info" })).toBeUndefined();
    expect(shownLog("it broke", { kind: "stack", name: "queue", level: "error" })).toBe("[queue] it broke");
  });
});
