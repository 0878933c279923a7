import { assertTopicId } from "../ids.ts";
import type { Ports } from "../ports.ts";
import type { Consumer } from "../types.ts";

const PAGE_SIZE = 1_000;

/** Yields every consumer that the index lists for a topic. Only one page is in memory at a time. */
export async function* subscribersOf(
  { subscriptions, observe }: Pick<Ports, "subscriptions" | "observe">,
  topicId: string,
): AsyncGenerator<Consumer> {
  assertTopicId(topicId);
  let cursor: string | undefined;
  do {
    const page = await subscriptions.page({ topicId, cursor, limit: PAGE_SIZE });
    if (page.malformed > 0) observe({ event: "rows-malformed", topicId, count: page.malformed });
    for (const { consumer } of page.subscriptions) yield consumer;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
