/**
 * Tests the packed packages in a project outside of this repository, with a user's functions, test and terminal. It
 * needs the npm registry, as a user does.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { within } from "../support/eventually.ts";
import { freePorts } from "../support/free-ports.ts";
import { describeBundlers } from "./bundlers.ts";
import { describeCompilers } from "./compilers.ts";
import { type ForeignProject, foreignProject, nodeOfMajor } from "./foreign-project.ts";
import { describeModuleFormats } from "./module-formats.ts";
import { describePubsubCommands } from "./pubsub-commands.ts";

const SETUP_TIMEOUT_MS = 600_000;
const RUN_TIMEOUT_MS = 240_000;
const START_TIMEOUT_MS = 120_000;

let project: ForeignProject;
const nodes = new Map<number, string>();
const cleanups: (() => Promise<void>)[] = [];
const running: ChildProcess[] = [];

beforeAll(async () => {
  const installNode = async (major: number): Promise<void> => {
    const { node, remove } = await nodeOfMajor(major);
    nodes.set(major, node);
    cleanups.push(remove);
  };
  const installProject = async (): Promise<void> => {
    project = await foreignProject();
    cleanups.push(project.remove);
  };
  await Promise.all([installProject(), ...[20, 22, 24].map(installNode)]);
}, SETUP_TIMEOUT_MS);
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});
afterAll(() => Promise.all(cleanups.map((cleanup) => cleanup())));

const nodeOf = (major: number): string => nodes.get(major) ?? "";

const consumers = { project: () => project, nodeOf };
describeModuleFormats(consumers);
describeCompilers(consumers);
describeBundlers(consumers);
describePubsubCommands(consumers);

interface StartedCommand {
  websocketUrl: string;
  stop(): Promise<{ code: number | null; log: string }>;
}

/** Runs `npx lambda-websocket-pubsub-local` and returns when it is up. */
async function npx(major: number, ...flags: string[]): Promise<StartedCommand> {
  const [gateway, dynamodb, sqs] = await freePorts(3);
  const ports = ["--gateway-port", `${gateway}`, "--dynamodb-port", `${dynamodb}`, "--sqs-port", `${sqs}`];
  const bin = join(project.dir, "node_modules/.bin/lambda-websocket-pubsub-local");
  const child = spawn(bin, [...ports, "--json", ...flags], {
    cwd: project.dir,
    env: project.env(nodeOf(major)),
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  let log = "";
  child.stderr.on("data", (chunk) => {
    log += String(chunk);
  });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "close").then(() => Promise.reject(new Error(`it ended: ${log}`)));
  const [line] = await within(
    "stack that is up",
    Promise.race([once(lines, "line"), ended]),
    START_TIMEOUT_MS,
  );
  const { websocketUrl } = JSON.parse(String(line)) as { websocketUrl: string };
  return {
    websocketUrl,
    async stop() {
      child.kill("SIGINT");
      ended.catch(() => {});
      const [code] = (await once(child, "close")) as [number | null];
      return { code, log };
    },
  };
}

describe.each([22, 24])("on Node %i", (major) => {
  it("runs the README's test against the user's own TypeScript function", {
    timeout: RUN_TIMEOUT_MS,
  }, async () => {
    const vitest = join(project.dir, "node_modules/vitest/vitest.mjs");
    const { code, output } = await project.run(nodeOf(major), nodeOf(major), [vitest, "run"]);
    expect(output).toMatch(/Tests .*1 passed/);
    expect(code).toBe(0);
  });

  it("serves the README's functions from the command, publishes to them, and verifies them with pubsub", {
    timeout: RUN_TIMEOUT_MS,
  }, async () => {
    const functions = ["--websocket", "./my/functions.ts#websocket", "--fanout", "./my/functions.ts#fanout"];
    const stack = await npx(major, ...functions);
    const socket = new WebSocket(stack.websocketUrl);
    await within("connection", once(socket, "open"));
    const confirmed = once(socket, "message");
    socket.send('{"action":"SUBSCRIBE","topicId":"room-1","requestId":"1"}');
    expect(JSON.parse(String((await within("answer", confirmed))[0]))).toMatchObject({ requestId: "1" });

    await writeFile(
      join(project.dir, "publish.mjs"),
      `import { publishToTopic } from "lambda-websocket-pubsub";
const { PUBSUB_TABLE_NAME: dynamodbTableName, PUBSUB_QUEUE_URL: fanoutQueueUrl } = process.env;
await publishToTopic({ topicId: "room-1", data: { text: "hello" }, config: { dynamodbTableName, fanoutQueueUrl } });
`,
    );
    const message = once(socket, "message");
    const publisher = ["--env-file=.local/env", "publish.mjs"];
    expect(await project.run(nodeOf(20), nodeOf(20), publisher)).toEqual({ code: 0, output: "" });
    expect(String((await within("message", message))[0])).toContain('{"text":"hello"}');
    socket.close();

    const pubsub = join(project.dir, "node_modules/.bin/pubsub");
    const only = ["--only", "handshake,delivery,direct-post,partial-batches"];
    const verified = await project.run(nodeOf(major), pubsub, ["verify", ...only]);
    expect(verified.output).toMatch(/\n4 passed, 0 failed, 0 skipped \(local\)\n$/);
    expect(verified.code).toBe(0);
    expect(await stack.stop()).toEqual({ code: 0, log: "" });
  });
});

/** A handler for the package's first version. It needs a bundler, and it returns nothing for `$connect`. */
const FIRST_VERSION_HANDLER = `import { APIGatewayEvent } from 'aws-lambda';
import { extractConsumerFromApiGatewayEvent, subscribeToTopic } from 'lambda-websocket-pubsub';

export enum Kind { CONNECT = 'CONNECT', MESSAGE = 'MESSAGE' }
const config = { dynamodbTableName: 'our-subscriptions' };

export const onSocket = async (event: APIGatewayEvent) => {
  const consumer = extractConsumerFromApiGatewayEvent({ event });
  const kind = event.requestContext.eventType as Kind;
  if (kind === Kind.CONNECT) return process.env.ANSWER_CONNECT ? { statusCode: 200 } : undefined;
  if (event.body === 'throw') throw new Error('not in this room');
  if (kind === Kind.MESSAGE) await subscribeToTopic({ consumer, topicId: 'room-1', config });
  return { statusCode: 200 };
};
`;

it("prints on the terminal why a function's connections are rejected", {
  timeout: RUN_TIMEOUT_MS,
}, async () => {
  await writeFile(join(project.dir, "my/first.ts"), FIRST_VERSION_HANDLER);
  const first = ["--websocket", "my/first.ts#onSocket", "--table-name", "our-subscriptions"];
  const refusing = await npx(24, ...first);
  const refused = new WebSocket(refusing.websocketUrl);
  const [error] = await within("refusal", once(refused, "error"));
  expect(String(error)).toContain("Unexpected server response: 502");
  expect((await refusing.stop()).log).toMatch(
    /^\[gateway\] \$connect: the function returned nothing, but API Gateway needs \{ statusCode: 200 \}; the handshake failed with 502/,
  );

  const accepting = await npx(24, ...first, "--function-env", "ANSWER_CONNECT={PUBSUB_TABLE_NAME}");
  const socket = new WebSocket(accepting.websocketUrl);
  await within("connection", once(socket, "open"));
  const answer = once(socket, "message");
  socket.send("throw");
  expect(String((await within("answer", answer))[0])).toContain("Internal server error");
  socket.close();
  expect((await accepting.stop()).log).toMatch(
    /^\[websocket \d+\] The handler failed: Error: not in this room\n {4}at onSocket \(.*my\/first\.ts:11:\d+\)\n\[gateway\] \$default: the invocation failed/,
  );
});

describe("on Node 20, which has no node:sqlite and cannot strip types", () => {
  it("runs the library, and prints a sentence instead of starting the local stack", async () => {
    const load =
      'import("lambda-websocket-pubsub").then((names) => console.log(typeof names.publishToTopic))';
    expect(await project.run(nodeOf(20), nodeOf(20), ["-e", load])).toEqual({
      code: 0,
      output: "function\n",
    });
    const bin = join(project.dir, "node_modules/.bin/lambda-websocket-pubsub-local");
    const { code, output } = await project.run(nodeOf(20), bin, []);
    expect(output).toMatch(
      /^lambda-websocket-pubsub-local needs Node 22\.18 or later; this is v20\.\S+\. .*node@24.*\n$/,
    );
    expect(code).toBe(1);
    const start =
      'import("lambda-websocket-pubsub-local").then((local) => local.startLocal()).catch((e) => console.log(e.code))';
    expect(await project.run(nodeOf(20), nodeOf(20), ["-e", start])).toEqual({
      code: 0,
      output: "NODE_TOO_OLD\n",
    });
  });
});
