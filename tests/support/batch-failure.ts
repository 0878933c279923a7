import { randomUUID } from "node:crypto";
import {
  getPublicationStatus,
  type PublicationStatus,
  type PublishResult,
  publishToTopic,
} from "lambda-websocket-pubsub";
import { expect } from "vitest";
import { eventually } from "./eventually.ts";
import { functionPath } from "./function-path.ts";
import { stackForFile, type TestStack } from "./local-stack.ts";
import { fanoutIdle } from "./queues.ts";
import { connectSubscriber } from "./sockets.ts";

/** Returns a stack whose handler and mapping each support partial batch responses or not, independently. */
export function stackForPartialBatches({
  handler,
  mapping,
  timeoutSeconds = 10,
}: {
  handler: boolean;
  mapping: boolean;
  /** The time limit of an invocation. A batch that failed comes back after it. */
  timeoutSeconds?: number;
}): TestStack {
  return stackForFile(() => ({
    functions: { fanout: functionPath("fanout-partial-batch") },
    functionEnv: { PARTIAL_BATCH_RESPONSES: String(handler) },
    // The window puts both publications into one batch
    fanout: { timeoutMs: timeoutSeconds * 1_000, batchWindowMs: 1_000, partialBatchResponses: mapping },
    queue: { visibilityTimeoutSeconds: timeoutSeconds + 1, maxReceiveCount: 100 },
  }));
}

/** The events that a subscriber received of a publication, and the publication's state. */
interface Outcome {
  received: string[];
  state: PublicationStatus["state"];
}

/**
 * Publishes to two topics. For one topic, API Gateway responds with 500 to posts and SQS accepts no redelivery, so its
 * message fails. Both work again after `hasFailed` returns true.
 */
export async function publishWhileOneFails(
  local: TestStack,
  hasFailed: () => boolean,
): Promise<{ failing: Outcome; other: Outcome }> {
  const { faults } = local.stack;
  const [failing, other] = [await subscribed(local, "failing"), await subscribed(local, "other")];
  const takeBack = [
    faults.post({ match: ({ body }) => body.toString() === "failing", answer: { status: 500 } }),
    faults.sqs({
      operations: ["SendMessage", "SendMessageBatch"],
      match: ({ caller }) => caller.startsWith("fanout/"),
      error: "ServiceUnavailable",
    }),
  ];
  await Promise.all([failing.publish(), other.publish()]);
  await eventually(() => expect(hasFailed()).toBe(true));
  for (const remove of takeBack) remove();
  await fanoutIdle(local);
  return { failing: await failing.outcome(), other: await other.outcome() };
}

interface Subscribed {
  publish(): Promise<void>;
  outcome(): Promise<Outcome>;
}

async function subscribed({ stack, config }: TestStack, data: string): Promise<Subscribed> {
  const topicId = randomUUID();
  const socket = await connectSubscriber(stack, topicId);
  let publication: PublishResult | undefined;
  return {
    async publish() {
      publication = await publishToTopic({ topicId, data, config });
    },
    async outcome() {
      await socket.settle();
      const { epoch = "", offset = 0 } = publication ?? {};
      const { state } = await getPublicationStatus({ topicId, epoch, offset, config });
      return { received: socket.received, state };
    },
  };
}

/** The expected outcomes: each subscriber receives its event once. */
export const NOTHING_LOST: Awaited<ReturnType<typeof publishWhileOneFails>> = {
  failing: { received: ["failing"], state: "complete" },
  other: { received: ["other"], state: "complete" },
};
