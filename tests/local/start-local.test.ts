import { fork, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, inject, it } from "vitest";
import { WebSocket } from "ws";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import {
  type LocalOptions,
  type LocalStack,
  type PostRecord,
  startLocal,
} from "../../packages/local/src/index.ts";
import { eventually } from "../support/eventually.ts";
import { isRunning, processGone } from "./fixtures/process-gone.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const functions = { websocket: fixture("websocket.ts"), fanout: fixture("fanout.ts") };

/** A message that was not deleted comes back after this time: longer than a worker needs, its start included. */
const RETURNS_SOON = { visibilityTimeoutSeconds: 10 };

const stacks: LocalStack[] = [];
afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.stop()));
});

async function start(options: LocalOptions = {}): Promise<LocalStack> {
  const stack = await startLocal({ functions, ...options });
  stacks.push(stack);
  return stack;
}

/** A JVM takes seconds to start: only tests that are about it have one of their own. */
function startInSharedDynamodb(options: LocalOptions = {}): Promise<LocalStack> {
  return start({
    dynamodbEndpoint: inject("dynamodbEndpoint"),
    tableName: `test-${randomUUID()}`,
    ...options,
  });
}

async function connect(stack: LocalStack): Promise<WebSocket> {
  const socket = new WebSocket(stack.websocketUrl);
  await once(socket, "open");
  return socket;
}

/** The answer to a frame can be there before the function that posted it has returned. */
async function queueDone(stack: LocalStack, deleted: number): Promise<void> {
  await eventually(() => expect(stack.stats().queue).toMatchObject({ deleted, inFlight: 0 }));
}

async function answerTo(socket: WebSocket, frame: string): Promise<unknown> {
  const answer = once(socket, "message");
  socket.send(frame);
  const [data] = await answer;
  return JSON.parse(String(data));
}

describe("the stack", () => {
  it("carries a frame through all of its parts, then stops without a trace", async () => {
    const childrenBefore = await childPids();
    const problems: string[] = [];
    const stack = await start({
      tableName: "through",
      functionEnv: { EXTRA: "yes" },
      onLog: (line, source) => {
        if (source.kind === "function" || source.level !== "info") problems.push(line);
      },
    });
    const socket = await connect(stack);
    expect(await answerTo(socket, "hello")).toEqual({ data: "hello", table: "through", extra: "yes" });
    expect(stack.stats()).toMatchObject({
      websocket: { invocations: 2, coldStarts: 1, crashes: 0 },
      fanout: { invocations: 1, coldStarts: 1 },
      queue: { batches: 1, messages: 1, failedBatches: 0 },
    });
    const { workers } = stack.faults;
    const workerPids = [...workers.pids("websocket"), ...workers.pids("fanout")];
    expect(workerPids).toHaveLength(2);
    expect(await childPids()).toEqual(expect.arrayContaining(workerPids));
    expect(await childPids()).toHaveLength(childrenBefore.length + 3); // the third is the JVM

    const closed = once(socket, "close");
    await Promise.all([stack.stop(), stack.stop()]);
    await closed;
    expect(await childPids()).toEqual(childrenBefore);
    for (const url of [stack.websocketUrl, stack.dynamodbEndpoint, stack.fanoutQueueUrl]) {
      await expect(fetch(url.replace("ws:", "http:"))).rejects.toThrow("fetch failed");
    }
    expect(problems).toEqual([]);
  });

  it("tells a producer where everything is", async () => {
    const stack = await start({ region: "eu-west-1", tableName: "named" });
    expect(stack.env).toEqual({
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ENDPOINT_URL_DYNAMODB: stack.dynamodbEndpoint,
      AWS_ENDPOINT_URL_SQS: new URL(stack.fanoutQueueUrl).origin,
      AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: stack.managementEndpoint,
      AWS_ENDPOINT_URL_LAMBDA: expect.stringMatching(/^http:/),
      PUBSUB_TABLE_NAME: "named",
      PUBSUB_QUEUE_URL: stack.fanoutQueueUrl,
      AWS_PROFILE: "",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      PUBSUB_LOCAL_CREDENTIALS: `${localCredentials.accessKeyId}:${localCredentials.secretAccessKey}`,
      PUBSUB_LOCAL_STACK_ID: stack.id,
    });
    for (const url of Object.values(stack.env).filter((value) => /^\w+:\/\//.test(value))) {
      expect(new URL(url).hostname).toBe("127.0.0.1");
    }

    // A second stack shares the JVM, and leaves it running.
    const guest = await start({ dynamodbEndpoint: stack.dynamodbEndpoint, tableName: "guest" });
    const socket = await connect(guest);
    expect(await answerTo(socket, "hi")).toMatchObject({ table: "guest" });
    await guest.stop();
    expect((await fetch(stack.dynamodbEndpoint)).status).toBe(400);

    // A table that exists already is not taken over.
    const again = start({ dynamodbEndpoint: stack.dynamodbEndpoint, tableName: "guest" });
    await expect(again).rejects.toMatchObject({
      code: "TABLE_EXISTS",
      message: expect.stringContaining('a table "guest" already'),
    });
  });

  it("knows which worker calls, posts and receives, and kills that one", async () => {
    const posts: PostRecord[] = [];
    const stack = await startInSharedDynamodb({
      gateway: { onPost: (post) => posts.push(post) },
      queue: RETURNS_SOON,
    });
    const { faults } = stack;
    const callers: Record<string, string[]> = { dynamodb: [], sqs: [], messages: [] };
    faults.dynamodb({
      delayMs: 0,
      match: ({ operation, caller }) => {
        callers.dynamodb?.push(`${operation} ${caller}`);
        return false;
      },
    });
    faults.sqs({
      operations: ["SendMessage"],
      delayMs: 0,
      match: ({ operation, caller }) => {
        callers.sqs?.push(`${operation} ${caller}`);
        return false;
      },
    });
    faults.messages({ act: "fail", times: 1, match: ({ receiveCount }) => receiveCount === 1 });
    const socket = await connect(stack);
    expect(await answerTo(socket, "one")).toMatchObject({ data: "one" });
    const [again] = await once(socket, "message"); // the mapping was told to count it as failed
    expect(JSON.parse(String(again))).toMatchObject({ data: "one" });
    const [fanout = 0] = faults.workers.pids("fanout");
    const [websocket] = faults.workers.pids("websocket");
    expect(callers).toMatchObject({
      dynamodb: Array(2).fill(`DescribeTable fanout/${fanout}`),
      sqs: [`SendMessage websocket/${websocket}`],
    });
    expect(posts).toMatchObject(Array(2).fill({ caller: `fanout/${fanout}`, delivered: true }));

    expect(faults.workers.kill("websocket", { pid: fanout })).toBe(0);
    expect(faults.workers.kill("fanout", { pid: fanout })).toBe(1);
    await processGone(fanout);
    const closed = once(socket, "close");
    faults.cut(posts[0]?.connectionId ?? "");
    expect((await closed)[0]).toBe(1001);
  });

  it("has faults of all its parts cleared together", async () => {
    const stack = await startInSharedDynamodb();
    const { faults } = stack;
    const asked: string[] = [];
    const asking = (name: string) => (): boolean => {
      asked.push(name);
      return false;
    };
    faults.dynamodb({ delayMs: 0, match: asking("dynamodb") });
    faults.sqs({ delayMs: 0, match: asking("sqs") });
    faults.messages({ act: "fail", match: asking("messages") });
    faults.post({ delayMs: 0, match: asking("post") });
    const socket = await connect(stack);
    await answerTo(socket, "one");
    expect(new Set(asked)).toEqual(new Set(["dynamodb", "sqs", "messages", "post"]));
    faults.clear();
    await queueDone(stack, 1);
    asked.length = 0;
    await answerTo(socket, "two");
    expect(asked).toEqual([]);
  });

  it("survives what its faults do to the workers", async () => {
    const stack = await startInSharedDynamodb({ queue: RETURNS_SOON });
    const { workers } = stack.faults;
    const socket = await connect(stack);
    expect(workers.kill("fanout")).toBe(0);
    expect(await answerTo(socket, "one")).toMatchObject({ data: "one" });
    await queueDone(stack, 1);
    expect(workers.kill("fanout", { count: 1 })).toBe(1);
    expect(workers.kill("websocket", { signal: "SIGTERM" })).toBe(1);
    expect(await answerTo(socket, "two")).toMatchObject({ data: "two" });
    await queueDone(stack, 2);

    expect(workers.freeze("fanout")).toBe(1);
    const late = answerTo(socket, "three");
    await eventually(() => expect(stack.stats().queue.inFlight).toBe(1));
    expect(workers.kill("fanout")).toBe(1); // in the middle: the message comes back
    expect(await late).toMatchObject({ data: "three" });
    expect(stack.stats()).toMatchObject({ fanout: { crashes: 1 }, queue: { failedBatches: 1 } });
    socket.close();
  });

  it("moves what keeps failing to the dead-letter queue", async () => {
    const stack = await startInSharedDynamodb({ queue: { visibilityTimeoutSeconds: 1, maxReceiveCount: 1 } });
    const socket = await connect(stack);
    socket.send("poison");
    const client = new SQSClient({
      region: "us-east-1",
      credentials: localCredentials,
      endpoint: stack.env.AWS_ENDPOINT_URL_SQS ?? "",
    });
    await eventually(async () => {
      const command = new ReceiveMessageCommand({ QueueUrl: stack.deadLetterQueueUrl, WaitTimeSeconds: 1 });
      expect((await client.send(command)).Messages).toHaveLength(1);
    });
    client.destroy();
    socket.close();
  });
});

describe("a start that fails", () => {
  it("names the port that is taken and who wanted it, and stops what it had started", async () => {
    const childrenBefore = await childPids();
    const occupant = createServer().listen(0, "127.0.0.1");
    await once(occupant, "listening");
    const { port } = occupant.address() as { port: number };
    const services = { gateway: "the gateway", dynamodb: "DynamoDB Local", sqs: "SQS" };
    for (const [service, label] of Object.entries(services)) {
      await expect(startLocal({ functions, ports: { [service]: port } })).rejects.toMatchObject({
        code: "PORT_IN_USE",
        message: expect.stringMatching(new RegExp(`^Port ${port} .* needed by ${label}, is in use`)),
        context: { host: "127.0.0.1", port, service },
      });
    }
    occupant.close();
    expect(await childPids()).toEqual(childrenBefore);
  });

  it.each([
    [{ fanout: { batchsize: 5 } }, /^fanout has no option batchsize; it has memoryMb, /],
    [{ prots: {} }, /startLocal has no option prots; it has host, ports, /],
    [
      { ports: { sqs: "9311" } },
      /^ports.sqs must be a whole number from 1 to 65535; got "9311" \(string of 4\)/,
    ],
    [{ fanout: { batchSize: 20 } }, /^fanout.batchWindowMs must be at least 1000 with a batchSize over 10/],
    [{ websocket: 5 }, /websocket must be an object; got 5 \(number\)/],
    [{ tableName: "a b" }, /^tableName must be 3 to 255 letters.*; got "a b" \(string of 3\)/],
    [{ dynamodbEndpoint: "localhost:8000" }, /^dynamodbEndpoint must be an http\(s\) URL/],
    [
      { functionEnv: { A: 1 } },
      /^functionEnv must be an object of strings, or a function that returns one; got a value of type object/,
    ],
    [{ onLog: true }, /^onLog must be a function; got true \(boolean\)/],
    [
      { functions: { websocket: "./nowhere.ts" } },
      /^functions.websocket must be the path of a file, or path#exportName; got ".\/nowhere.ts"/,
    ],
    [
      { functionEnv: () => ({ A: 1 }) },
      /^functionEnv must return an object of strings; got a value of type object/,
    ],
    [null, /^the options of startLocal must be an object; got null/],
  ])("refuses %j", async (options, message) => {
    await expect(startLocal(options as LocalOptions)).rejects.toThrow(message);
  });
});

describe("when the process that started it is killed", () => {
  it("takes the JVM and the workers with it", async () => {
    const parent = fork(fixture("abandoned-stack.ts"), {
      execArgv: ["--conditions=pubsub-source"],
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    if (!parent.stdout) throw new Error("no stdout");
    const [line] = await once(createInterface({ input: parent.stdout }), "line");
    const pids = JSON.parse(String(line)) as number[];
    expect(pids).toHaveLength(3);
    expect(pids.every(isRunning)).toBe(true);
    parent.kill("SIGKILL");
    await Promise.all(pids.map(processGone));
  });
});

/** Of this process, by /proc where there is one. */
async function childPids(): Promise<number[]> {
  const own = await readFile(`/proc/self/task/${process.pid}/children`, "utf8").catch(() => undefined);
  if (own !== undefined) return own.split(" ").filter(Boolean).map(Number).toSorted();
  const ps = spawn("pgrep", ["-P", String(process.pid)]);
  const pids: number[] = [];
  for await (const line of createInterface({ input: ps.stdout })) pids.push(Number(line));
  return pids.filter((pid) => pid !== ps.pid).toSorted();
}
