import { consumerId } from "../consumer.ts";
import { REVOCATION_TOLERANCE_SECONDS } from "../limits.ts";
import type { StoredEvent } from "../types.ts";
import type { PartMessage, PendingConsumer } from "./message.ts";
import type { FanoutContext } from "./worker.ts";

/**
 * Our own limit: a part whose consumers were read from the index longer ago asks for revocations before it is posted. A
 * younger one does not pay for the question: its consumers may be as old as those of an index that lags. Most parts are
 * posted sooner. Those that wait, wait for the account's rate of posts, so that the questions are few: one in a thousand
 * posts.
 */
const FRESH_MS = 1_000;

const TOLERANCE_MS = REVOCATION_TOLERANCE_SECONDS * 1_000;

type AllowedContext = Pick<FanoutContext, "subscriptions" | "clock" | "readAtMs">;

/**
 * Returns the consumers of a part that no revocation has put out. The message names its consumers, and can be older than
 * that: a redelivery comes minutes later, and a dead letter days. Costs one read of the topic's revocations, if the part is
 * not fresh. The ends of the subscriptions are looked at before each post.
 */
export async function stillAllowed(
  context: AllowedContext,
  { topicId, attempt, consumers }: Pick<PartMessage, "topicId" | "attempt" | "consumers">,
  events: readonly StoredEvent[],
): Promise<readonly PendingConsumer[]> {
  const { subscriptions, clock } = context;
  const nowMs = clock.now();
  if (consumers.length === 0 || events.length === 0) return consumers;
  if (attempt === 1 && isFresh(context, nowMs, events)) return consumers;
  const removed = await subscriptions.removedFrom(topicId);
  if (removed.size === 0) return consumers;
  return consumers.filter(({ consumer, subscribedAt }) => {
    const removedAtMs = removed.get(consumerId(consumer));
    return removedAtMs === undefined || subscribedAt > removedAtMs + TOLERANCE_MS;
  });
}

/**
 * The age of the part comes from clocks that each measured a time of their own, so that it holds whatever their difference.
 * A letter that an operator moved back by SQS's own means is new to the queue. Its events are not: their age, by the
 * publisher's clock, counts with the difference that clocks may have.
 */
function isFresh(
  { readAtMs }: Pick<FanoutContext, "readAtMs">,
  nowMs: number,
  events: readonly StoredEvent[],
): boolean {
  if (readAtMs === undefined || nowMs - readAtMs >= FRESH_MS) return false;
  return events.every(({ publishedAt }) => nowMs - publishedAt < FRESH_MS + TOLERANCE_MS);
}
