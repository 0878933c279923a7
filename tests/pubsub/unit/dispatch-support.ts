/** What the tests of the dispatch share: a topic in memory, parts of 3 consumers, and a queue that fails. */
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import type { FanoutMessage, TopicMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import type { FanoutQueue, LedgerRow } from "../../../packages/pubsub/src/core/ports.ts";
import type { Publication } from "../../../packages/pubsub/src/core/types.ts";
import { nextInvocation } from "../../support/drain-queue.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { collect, consumerOf, storedEvent, subscriptionOf } from "../../support/samples.ts";

export const epoch = "0m1c2d3e4";
export const publication: Publication = { topicId: "t", epoch, offset: 1 };
export const message: TopicMessage = {
  kind: "topic",
  topicId: "t",
  epoch,
  step: 1,
  offsets: [1],
  events: [storedEvent(1)],
};

/** Parts of 3 consumers, so that a step has 30. */
export async function setUp(subscribers: number): Promise<TestContext & { ids: string[] }> {
  const context = createTestContext({ partSize: 3 });
  const ids = Array.from({ length: subscribers }, (_, n) => `c${String(n).padStart(4, "0")}`);
  for (const id of ids) await join(context, id);
  context.clock.advance(1_000);
  return { ...nextInvocation(context), ids };
}

export async function join(context: TestContext, id: string): Promise<void> {
  context.connections.open(consumerOf(id));
  await context.subscriptions.put(subscriptionOf(id, "t", { subscribedAt: context.clock.now() }));
}

export const leave = (context: TestContext, id: string): Promise<void> =>
  context.subscriptions.remove([{ consumer: consumerOf(id), topicId: "t" }]);

export const timesReached = ({ connections }: TestContext, ids: readonly string[]): number[] =>
  ids.map((id) => connections.received(consumerOf(id)).length);

export const once = (ids: readonly string[]): number[] => ids.map(() => 1);

export const rowsOf = (context: TestContext): Promise<LedgerRow[]> =>
  collect(context.ledger.rows(publication));

/** Returns the messages that are in the queue, without taking them out of it. */
export function queued(context: TestContext): FanoutMessage[] {
  const seen = context.queue.receive(1_000, 0);
  return seen.flatMap(({ body }) => {
    const decoded = decodeFanoutMessage(body);
    return decoded.ok ? [decoded.message] : [];
  });
}

/**
 * The queue of a worker that dies at the send with this number, before or after the queue has stored the messages, or so
 * many of them.
 */
export function failingQueue(
  { queue }: TestContext,
  at: number,
  when: "before" | "after",
  stored?: number,
): FanoutQueue {
  let sends = 0;
  return {
    ...queue,
    async send(messages) {
      sends += 1;
      if (sends > at || (sends === at && when === "before")) throw new Error("killed");
      await queue.send(sends === at ? messages.slice(0, stored) : messages);
      if (sends === at) throw new Error("killed");
    },
  };
}
