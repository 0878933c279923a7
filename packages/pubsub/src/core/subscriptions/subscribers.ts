import { assertTopicId } from "../ids.ts";
import type { Ports } from "../ports.ts";
import type { Consumer, Subscription } from "../types.ts";

/** A connection that is subscribed, and whose it is, if that is known. */
export type Subscriber = Consumer & { userId?: string };

const PAGE_SIZE = 1_000;

/**
 * Yields the subscriptions to a topic as the index lists them, with their users. Only one page is in memory at a time. Reads
 * at most `pagesMax` pages of a thousand rows.
 */
export async function* listedSubscriptions(
  { subscriptions, observe }: Pick<Ports, "subscriptions" | "observe">,
  topicId: string,
  pagesMax: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Subscription> {
  let cursor: string | undefined;
  for (let pages = 0; pages < pagesMax; pages++) {
    const page = await subscriptions.page({ topicId, cursor, limit: PAGE_SIZE, withUser: true });
    if (page.malformed > 0) observe({ event: "rows-malformed", topicId, count: page.malformed });
    yield* page.subscriptions;
    cursor = page.cursor;
    if (cursor === undefined) return;
  }
}

/** Yields every consumer that the index lists for a topic. */
export async function* subscribersOf(
  ports: Pick<Ports, "subscriptions" | "observe">,
  topicId: string,
): AsyncGenerator<Subscriber> {
  assertTopicId(topicId);
  for await (const { consumer, userId } of listedSubscriptions(ports, topicId)) {
    yield userId === undefined ? consumer : { ...consumer, userId };
  }
}
