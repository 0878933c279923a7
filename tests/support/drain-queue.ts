import { handleBatch } from "../../packages/pubsub/src/core/fanout/batch.ts";
import { LEASE_MS, type TestContext } from "./fanout-context.ts";

/** Returns the same worker, in an invocation that begins now. */
export function nextInvocation(context: TestContext): TestContext {
  const nowMs = context.clock.now();
  return { ...context, deadlineMs: nowMs + 20_000, leaseUntilMs: nowMs + LEASE_MS };
}

/**
 * Handles the queued messages one by one, then the messages that they queue, until the queue is empty. A message that
 * fails is visible again after the lease. Returns how many messages were handled.
 */
export async function drainQueue(context: TestContext): Promise<number> {
  for (let handled = 0; ; handled++) {
    context.clock.advance(LEASE_MS);
    const messages = context.queue.receive(1, 1_000);
    if (messages.length === 0) return handled;
    const outcomes = await handleBatch(nextInvocation(context), messages);
    for (const [id, { outcome }] of outcomes) if (outcome === "done") context.queue.delete(id);
  }
}
