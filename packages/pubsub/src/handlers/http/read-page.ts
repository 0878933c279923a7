import type { Pubsub } from "../../api/create-pubsub.ts";
import { currentPosition } from "../../core/log/position.ts";
import { toWireEvent } from "../../core/log/topic-event.ts";
import type { WireEvent } from "../../core/protocol.ts";
import type { StoredEvent } from "../../core/types.ts";
import { utf8Length } from "../../core/utf8.ts";
import type { ReadQuery } from "./query.ts";

/**
 * Our own limit: how many bytes of data one response has, or one event. Lambda's limit is 6 MB for the result as JSON, in
 * which a quotation mark of the body takes two bytes, and 1,000 events have up to 1 MB of ids.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const PAGE_BYTES_MAX = 1_048_576;

export interface EventPage {
  topicId: string;
  epoch: string;
  events: WireEvent[];
  /** Whether the epoch has later events: the next page is `after` the last offset. */
  more: boolean;
}

type Reading = Pick<Pubsub, "ports" | "logSettings">;

/** Reads at most one page. It reads little more than what it returns. */
export async function readPage(
  pubsub: Reading,
  topicId: string,
  { last, after = 0, limit, epoch: asked }: ReadQuery,
): Promise<EventPage> {
  const { ports, logSettings } = pubsub;
  const epoch = asked ?? (await currentPosition(ports, topicId, logSettings)).epoch;
  const { events, more } =
    last === undefined
      ? await pageAfter(pubsub, { topicId, epoch, after, limit })
      : await newestPage(pubsub, { topicId, epoch, limit: last });
  return { topicId, epoch, events: events.map(toWireEvent), more };
}

async function pageAfter(
  { ports: { log } }: Reading,
  { limit, ...request }: { topicId: string; epoch: string; after: number; limit: number },
): Promise<{ events: StoredEvent[]; more: boolean }> {
  const events: StoredEvent[] = [];
  let bytes = 0;
  for await (const event of log.read({ ...request, limit: limit + 1 })) {
    bytes += utf8Length(event.json);
    const isFull = events.length === limit || (events.length > 0 && bytes > PAGE_BYTES_MAX);
    if (isFull) return { events, more: true };
    events.push(event);
  }
  return { events, more: false };
}

/** Where not all of them fit, those are left out that are older. */
async function newestPage(
  { ports: { log } }: Reading,
  request: { topicId: string; epoch: string; limit: number },
): Promise<{ events: StoredEvent[]; more: boolean }> {
  const { events } = await log.newest({ ...request, maxBytes: PAGE_BYTES_MAX });
  return { events, more: false };
}
