import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expandVariables, parseArguments, UsageError } from "../../packages/local/src/cli-arguments.ts";
import { shownPath } from "../../packages/local/src/cli-output.ts";
import { nodeTooOld } from "../../packages/local/src/node-version.ts";
import { shownLog } from "../../packages/local/src/shown-log.ts";
import { freePorts } from "../support/free-ports.ts";
import { cliOutcome, introductionOf, portFlags, runCli, startedStack } from "../support/local-cli.ts";
import { askSigned } from "../support/signed-request.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "pubsub-cli-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe("npm start", () => {
  it("prints all addresses as JSON, writes them to an env file, and stops on SIGINT", async () => {
    const flags = await portFlags();
    const child = runCli(dir, [...flags, "--json"]);
    const stderr = text(child.stderr);
    const answer = await startedStack(child);
    expect(answer).toMatchObject({
      websocketUrl: `ws://127.0.0.1:${flags[1]}`,
      dynamodbEndpoint: `http://127.0.0.1:${flags[3]}`,
      fanoutQueueUrl: `http://127.0.0.1:${flags[5]}/000000000000/pubsub-fanout`,
    });
    const envFile = join(dir, ".local", "env");
    expect(parseEnv(await readFile(envFile, "utf8"))).toEqual(answer.env);
    expect((await stat(envFile)).mode & 0o777).toBe(0o600);

    child.kill("SIGINT");
    child.kill("SIGINT"); // npm sends the signal of the terminal a second time: it is still one Ctrl-C
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    expect(await stderr).toBe("");
    for (const endpoint of [answer.dynamodbEndpoint, answer.fanoutQueueUrl]) {
      await expect(fetch(endpoint)).rejects.toThrow("fetch failed");
    }
  });

  it("prints the address of the inspector's page, on the port that was chosen or on a free one", async () => {
    const [flags, [port]] = await Promise.all([portFlags(), freePorts(1)]);
    const child = runCli(dir, [...flags, "--inspector-port", `${port}`]);
    const url = `http://127.0.0.1:${port}`;
    expect(await introductionOf(child)).toContain(`  Inspector         ${url}\n`);
    expect(await (await fetch(url)).text()).toContain('<div id="root">');
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("gives two stacks that start at the same moment a page each, though both find the default port free", async () => {
    const flags = [await portFlags(), await portFlags()];
    const stacks = flags.map((each) => runCli(dir, [...each, "--json"]));
    const started = await Promise.all(stacks.map(startedStack));
    const urls = started.map((each) => each.inspectorUrl);
    expect(new Set(urls).size).toBe(2);
    for (const url of urls) {
      expect(await (await fetch(`${url}/api/about`)).json()).toMatchObject({ kind: "local" });
    }
    const exits = stacks.map((stack) => once(stack, "exit"));
    for (const stack of stacks) stack.kill("SIGTERM");
    expect(await Promise.all(exits)).toEqual([
      [0, null],
      [0, null],
    ]);
  });

  it("prints the function URL, and serves the function of --http there", async () => {
    const [flags, [port]] = await Promise.all([portFlags(), freePorts(1)]);
    const handler = fileURLToPath(new URL("../integration/functions/http-iam.ts", import.meta.url));
    const child = runCli(dir, [...flags, "--http", handler, "--http-port", `${port}`]);
    const httpUrl = `http://127.0.0.1:${port}`;
    expect(await introductionOf(child)).toContain(`  Function URL      ${httpUrl}\n`);
    expect(parseEnv(await readFile(join(dir, ".local", "env"), "utf8"))).toMatchObject({
      PUBSUB_HTTP_URL: httpUrl,
    });
    expect((await askSigned(httpUrl, { path: "/topics/r/position" })).status).toBe(200);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("prints the next commands to type, and stops on SIGTERM", async () => {
    const child = runCli(dir, await portFlags(), { ...process.env, INIT_CWD: dir });
    const printed = await introductionOf(child);
    expect(printed).toMatch(/npx wscat -c ws:\/\/127\.0\.0\.1:\d+\n/);
    expect(printed).toContain('{"action":"SUBSCRIBE","topicId":"room-1","requestId":"1"}');
    expect(printed).toContain('{"action":"PUBLISH","topicId":"room-1","data":"hello","requestId":"2"}');
    expect(printed).toMatch(/node --env-file=\.local\/env \S*examples\/publish\.mjs\n/);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("exits with 2 for an unknown flag and with 0 after --help", async () => {
    expect(await cliOutcome(runCli(dir, ["--nope"]))).toEqual({
      code: 2,
      stdout: "",
      stderr: "Unknown option '--nope'. See --help.\n",
    });
    const help = await cliOutcome(runCli(dir, ["--help"]));
    expect(help).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("--sqs-port N") });
  });
});

describe("arguments", () => {
  it("uses fixed defaults without arguments", () => {
    expect(parseArguments([])).toEqual({
      host: "127.0.0.1",
      allowedHosts: [],
      allowedOrigins: [],
      ports: { gateway: 3001, dynamodb: 8011, sqs: 9311 },
      inspector: true,
      functions: {},
      functionEnv: {},
      json: false,
    });
  });

  it("leaves out the inspector with --no-inspector, and refuses a port for it then", () => {
    expect(parseArguments(["--inspector-port", "4000"])).toMatchObject({
      inspector: true,
      ports: { inspector: 4000 },
    });
    expect(parseArguments(["--no-inspector"])).toMatchObject({ inspector: false });
    expect(() => parseArguments(["--no-inspector", "--inspector-port", "4000"])).toThrow(
      "--inspector-port and --no-inspector exclude each other",
    );
    expect(() => parseArguments(["--inspector-port", "0"])).toThrow("--inspector-port must be a port");
  });

  it("applies the given arguments", () => {
    const file = import.meta.filename;
    const functions = ["--websocket", `${file}#ws`, "--fanout", file, "--publish", `${file}#publish`];
    const flags = [...functions, "--table-name", "mine", "--host", "::1"];
    const more = ["--function-env", "A=1=2", "--function-env", "B=", "--write-env", "e", "--json"];
    const allowed = ["--allow-host", "a.example", "--allow-host", "b", "--allow-origin", "https://a.example"];
    expect(
      parseArguments([...flags, ...more, ...allowed, "--dynamodb-endpoint", "http://127.0.0.1:1"]),
    ).toMatchObject({
      functions: { websocket: `${file}#ws`, fanout: file, publish: `${file}#publish` },
      tableName: "mine",
      host: "::1",
      allowedHosts: ["a.example", "b"],
      allowedOrigins: ["https://a.example"],
      functionEnv: { A: "1=2", B: "" },
      envFile: "e",
      json: true,
      dynamodbEndpoint: "http://127.0.0.1:1",
    });
  });

  it("serves a function URL only with --http, on a fixed port and for signed requests by default", () => {
    const file = import.meta.filename;
    expect(parseArguments([])).not.toHaveProperty("http");
    expect(parseArguments(["--http", file])).toMatchObject({
      functions: { http: file },
      ports: { http: 3002 },
      http: { authType: "AWS_IAM" },
    });
    expect(parseArguments(["--http", file, "--http-port", "4000", "--http-auth", "NONE"])).toMatchObject({
      ports: { http: 4000 },
      http: { authType: "NONE" },
    });
  });

  it.each([
    [["--http", "./not-there.ts"]],
    [["--http-port", "3002"]],
    [["--http-auth", "NONE"]],
    [["--http", import.meta.filename, "--http-auth", "none"]],
    [["--http", import.meta.filename, "--http-port", "0"]],
    [["--sqs-port", "0"]],
    [["--sqs-port", "65536"]],
    [["--sqs-port", "1e3"]],
    [["--sqs-port"]],
    [["--websocket", "./not-there.ts"]],
    [["--fanout", "."]],
    [["--publish", "./not-there.ts"]],
    [["--function-env", "NAME"]],
    [["--function-env", "1A=b"]],
    [["--allow-host", "a:80"]],
    [["--allow-host", "*"]],
    [["--allow-origin", "a.example"]],
    [["--allow-origin", "https://a.example/"]],
    [["x"]],
  ])("rejects %j", (args) => expect(() => parseArguments(args)).toThrow(UsageError));

  it("replaces the names of the stack's variables with their values, and changes nothing else", () => {
    const given = { QUEUE: "{PUBSUB_QUEUE_URL}", BOTH: "{A}/{B}", JSON: '{"a":{}}' };
    expect(expandVariables(given, { PUBSUB_QUEUE_URL: "http://q", A: "a" })).toEqual({
      QUEUE: "http://q",
      BOTH: "a/{B}",
      JSON: '{"a":{}}',
    });
  });
});

describe("the functions' log", () => {
  const source = { kind: "function", name: "fanout", pid: 7, stream: "stdout" } as const;

  it("shows warnings, errors and lines that are not JSON", () => {
    expect(shownLog('{"level":"INFO","message":"quiet"}', source)).toBeUndefined();
    expect(shownLog("", source)).toBeUndefined();
    expect(shownLog('{"level":"ERROR","message":"loud"}', source)).toContain("[fanout 7] {");
    expect(shownLog("by hand", source)).toBe("[fanout 7] by hand");
    expect(shownLog("by no process", { ...source, pid: 0 })).toBe("[fanout] by no process");
    expect(shownLog('{"level":"INFO"}', { ...source, stream: "stderr" })).toContain("INFO");
    expect(shownLog("connection opened", { kind: "stack", name: "gateway", level: "info" })).toBeUndefined();
    expect(shownLog("it broke", { kind: "stack", name: "queue", level: "error" })).toBe("[queue] it broke");
  });
});

it("shows a path relative to the folder where the command was typed", () => {
  expect(shownPath("/project/.local/env", "/project")).toBe(".local/env");
  expect(shownPath("/project/.local/env", "/project/packages")).toBe("/project/.local/env");
});

it.each([
  ["20.20.2", true],
  ["22.17.9", true],
  ["22.18.0", false],
  ["23.0.0", false],
  ["24.1.0", false],
])("takes Node %s for too old: %s", (version, isTooOld) => {
  const problem = nodeTooOld(version);
  if (isTooOld) expect(problem).toContain(`needs Node 22.18 or later; this is v${version}.`);
  else expect(problem).toBeUndefined();
});
