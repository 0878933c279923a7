import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { countDeadLetters } from "lambda-websocket-pubsub";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile, type TestStack } from "../support/local-stack.ts";

const fanout = new URL("./fixtures/self-sending.ts", import.meta.url).pathname;

const send = ({ sqs, config }: TestStack, body: string): Promise<unknown> =>
  sqs.send(new SendMessageCommand({ QueueUrl: config.fanoutQueueUrl, MessageBody: body }));

const isHandled = ({ log }: TestStack, body: string): boolean =>
  log.some((line) => line.includes(`handled ${body}`) && !line.includes(`handled ${body}0`));

describe("a function that queues each message again for itself", () => {
  const local = stackForFile(() => ({
    functions: { fanout },
    queue: { visibilityTimeoutSeconds: 1, maxReceiveCount: 2 },
  }));

  it("is invoked 16 times in a chain, and the next message moves to the dead-letter queue", async () => {
    await send(local, "0");
    await eventually(async () => {
      const { visible } = await countDeadLetters({ config: local.config });
      // On a slow machine an invocation may outlast the lease, and its message starts another chain
      expect(visible).toBeGreaterThanOrEqual(1);
    });
    // A worker's log lines arrive on their own way
    await eventually(() => expect(isHandled(local, "15")).toBe(true));
    expect(isHandled(local, "16")).toBe(false);
    await eventually(() =>
      expect(local.stack.stats().queue.recursiveInvocationsDropped).toBeGreaterThanOrEqual(2),
    );
    expect(local.stack.stats().queue.longestChain).toBe(16);
    await eventually(() =>
      expect(local.log.some((line) => line.includes("RecursiveInvocationException"))).toBe(true),
    );
  });
});

describe("the same function with recursiveLoop Allow", () => {
  const local = stackForFile(() => ({ functions: { fanout }, fanout: { recursiveLoop: "Allow" } }));

  it("is invoked for every message of the chain", async () => {
    await send(local, "0");
    await eventually(() => expect(isHandled(local, "40")).toBe(true));
    expect(local.stack.stats().queue).toMatchObject({ longestChain: 41, recursiveInvocationsDropped: 0 });
  });
});
