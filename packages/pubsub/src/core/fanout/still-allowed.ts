import { consumerId } from "../consumer.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../limits.ts";
import type { StoredEvent } from "../types.ts";
import type { PartMessage, PendingConsumer } from "./message.ts";
import type { FanoutContext } from "./worker.ts";

/**
 * Our own limit: a part that waits for longer than this asks for revocations before it is posted. A younger one was cut from
 * subscriptions that were valid at most this long ago, and does not pay for the question.
 */
const FRESH_MS = 5_000;

/**
 * Returns the consumers of a part that may still receive its events. The message names its consumers, and can be older
 * than the end of their subscriptions: a redelivery comes minutes later, and a dead letter days. Costs one read of the
 * topic's revocations, if the part is not fresh.
 */
export async function stillAllowed(
  { subscriptions, clock }: Pick<FanoutContext, "subscriptions" | "clock">,
  { topicId, attempt, consumers }: Pick<PartMessage, "topicId" | "attempt" | "consumers">,
  events: readonly StoredEvent[],
): Promise<readonly PendingConsumer[]> {
  const nowMs = clock.now();
  const live = consumers.filter(
    ({ expiresAtSeconds = Number.POSITIVE_INFINITY }) => expiresAtSeconds > nowMs / 1_000,
  );
  const isFresh = attempt === 1 && events.every(({ publishedAt }) => nowMs - publishedAt < FRESH_MS);
  if (isFresh || live.length === 0 || events.length === 0) return live;
  const removed = await subscriptions.removedFrom(topicId);
  if (removed.size === 0) return live;
  return live.filter(({ consumer, subscribedAt }) => {
    const removedAtMs = removed.get(consumerId(consumer));
    return removedAtMs === undefined || subscribedAt > removedAtMs + CLOCK_TOLERANCE_SECONDS * 1_000;
  });
}
