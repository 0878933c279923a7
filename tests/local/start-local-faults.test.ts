import { once } from "node:events";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import type { LocalStack, PostRecord } from "../../packages/local/src/index.ts";
import { eventually } from "../support/eventually.ts";
import { processGone } from "./fixtures/process-gone.ts";
import { answerTo, connect, startInSharedDynamodb } from "./start-local-support.ts";

/**
 * A message that was not deleted is visible again after this time. On a busy machine a worker needs longer. Then a second
 * worker gets the message too, so these tests expect each message at least once, and at least so many workers.
 */
const RETURNS_SOON = { visibilityTimeoutSeconds: 10 };

/** Waits until the queue is done: the answer to a message can be there before the function that posted it has returned. */
async function queueDone(stack: LocalStack, deletedMin: number): Promise<void> {
  await eventually(() => {
    const { deleted, inFlight } = stack.stats().queue;
    expect(deleted).toBeGreaterThanOrEqual(deletedMin);
    expect(inFlight).toBe(0);
  });
}

describe("the stack", () => {
  it("passes the calling worker to the rules, which can kill that worker", async () => {
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
    const [again] = await once(socket, "message"); // a fault rule made the mapping count it as failed
    expect(JSON.parse(String(again))).toMatchObject({ data: "one" });
    const fanouts = faults.workers.pids("fanout");
    const [websocket] = faults.workers.pids("websocket");
    const names = fanouts.map((pid) => `fanout/${pid}`);
    expect(callers.dynamodb?.length).toBeGreaterThanOrEqual(2);
    expect(names.map((name) => `DescribeTable ${name}`)).toEqual(
      expect.arrayContaining(callers.dynamodb ?? []),
    );
    expect(callers.sqs).toEqual([`SendMessage websocket/${websocket}`]);
    expect(posts.length).toBeGreaterThanOrEqual(2);
    expect(names).toEqual(expect.arrayContaining(posts.map(({ caller }) => caller)));
    expect(posts.every(({ delivered }) => delivered)).toBe(true);
    const [fanout = 0] = fanouts;

    expect(faults.workers.kill("websocket", { pid: fanout })).toBe(0);
    expect(faults.workers.kill("fanout", { pid: fanout })).toBe(1);
    await processGone(fanout);
    const closed = once(socket, "close");
    faults.cut(posts[0]?.connectionId ?? "");
    expect((await closed)[0]).toBe(1001);
  });

  it("clears the faults of all its parts together", async () => {
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

  it("keeps working after faults have killed and frozen its workers", async () => {
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

    expect(workers.freeze("fanout")).toBeGreaterThanOrEqual(1);
    const late = answerTo(socket, "three");
    await eventually(() => expect(stack.stats().queue.inFlight).toBeGreaterThanOrEqual(1));
    // The worker dies during the invocation, so the message is redelivered
    expect(workers.kill("fanout")).toBeGreaterThanOrEqual(1);
    expect(await late).toMatchObject({ data: "three" });
    const { fanout, queue } = stack.stats();
    expect(fanout.crashes).toBeGreaterThanOrEqual(1);
    expect(queue.failedBatches).toBeGreaterThanOrEqual(1);
    socket.close();
  });

  it("moves a message that always fails to the dead-letter queue", async () => {
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
