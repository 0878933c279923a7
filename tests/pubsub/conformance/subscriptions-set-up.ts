import type { SubscriptionPage, Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import type { Subscription } from "../../../packages/pubsub/src/core/types.ts";
import type { ManualClock } from "../../support/manual-clock.ts";

export type SetUpSubscriptions = () => Promise<{
  clock: ManualClock;
  subscriptions: Subscriptions;
  /** A topic that no other test uses. */
  topicId: string;
}>;

/** Puts the subscriptions in parallel, a limited number at a time. */
export async function putAll(
  subscriptions: Subscriptions,
  rows: readonly Subscription[],
  concurrency = 50,
): Promise<void> {
  for (let start = 0; start < rows.length; start += concurrency) {
    await Promise.all(rows.slice(start, start + concurrency).map((row) => subscriptions.put(row)));
  }
}

/** Returns all pages of a topic, first to last. */
export async function pagesOf(
  subscriptions: Subscriptions,
  topicId: string,
  limit: number,
): Promise<SubscriptionPage[]> {
  const pages: SubscriptionPage[] = [];
  let cursor: string | undefined;
  do {
    const page = await subscriptions.page({ topicId, cursor, limit });
    pages.push(page);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return pages;
}

export const idsOf = (pages: readonly SubscriptionPage[]): string[] =>
  pages.flatMap((page) => page.subscriptions.map(({ consumer }) => consumer.connectionId));
