import { expect, it } from "vitest";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import { encodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { FANOUT_SETTINGS_DEFAULT } from "../../../packages/pubsub/src/core/fanout/worker.ts";
import type { FanoutQueue, Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import { nextInvocation } from "../../support/drain-queue.ts";
import { createTestContext } from "../../support/fanout-context.ts";
import { storedEvent, subscriptionOf } from "../../support/samples.ts";

const SUBSCRIBERS = 1_000_000;
/** DynamoDB returns up to 1 MB at a time. A subscription takes about 250 bytes. */
const ROWS_PER_PAGE = 4_000;

/** Runs the dispatch of one publication until no topic message is left. Reads and sends take this long. */
async function dispatchMillion(
  readMs: number,
  sendMs: number,
): Promise<{ times: Uint8Array; maxHops: number }> {
  const context = createTestContext({ partSize: FANOUT_SETTINGS_DEFAULT.partSize });
  const page: Subscriptions["page"] = async ({ cursor = "0", limit }) => {
    context.clock.advance(readMs);
    const first = Number(cursor);
    const end = Math.min(first + Math.min(limit, ROWS_PER_PAGE), SUBSCRIBERS);
    const subscriptions = Array.from({ length: end - first }, (_, n) =>
      subscriptionOf(String(first + n), "t"),
    );
    return { subscriptions, malformed: 0, ...(end < SUBSCRIBERS && { cursor: String(end) }) };
  };
  const times = new Uint8Array(SUBSCRIBERS);
  let maxHops = 0;
  const topics: string[] = [];
  const queue: FanoutQueue = {
    ...context.queue,
    async send(messages) {
      context.clock.advance(sendMs);
      for (const { body } of messages) {
        const decoded = decodeFanoutMessage(body);
        if (!decoded.ok) throw new Error(decoded.problem);
        const { message } = decoded;
        maxHops = Math.max(maxHops, message.hops ?? 0);
        if (message.kind === "topic") topics.push(body);
        else
          for (const { consumer } of message.consumers)
            times[Number(consumer.connectionId)] = (times[Number(consumer.connectionId)] ?? 0) + 1;
      }
    },
  };
  const run = { topicId: "t", epoch: "0m1c2d3e4", offsets: [1], events: [storedEvent(1)] };
  topics.push(encodeFanoutMessage({ kind: "topic", ...run, step: 1 }));
  for (let body = topics.shift(); body !== undefined; body = topics.shift()) {
    const worker = { ...nextInvocation(context), queue, subscriptions: { ...context.subscriptions, page } };
    const outcomes = await handleBatch(worker, [{ id: "m", body, receiveCount: 1 }]);
    expect(outcomes.get("m")).toEqual({ outcome: "done" });
  }
  return { times, maxHops };
}

const isEachOnce = (times: Uint8Array): boolean => times.every((count) => count === 1);

// Lambda stops a chain after about 16 invocations
it("names each of a million subscribers in one part, in a chain of two invocations", async () => {
  const { times, maxHops } = await dispatchMillion(40, 20);
  expect(isEachOnce(times)).toBe(true);
  // The dispatcher is the first invocation of the chain, and the hops count from it
  expect(1 + maxHops).toBe(2);
});

it("takes a chain of three invocations if one invocation has no time for all of the index", async () => {
  const { times, maxHops } = await dispatchMillion(100, 20);
  expect(isEachOnce(times)).toBe(true);
  expect(1 + maxHops).toBe(3);
});
