import { type EventsFrame, framesOf } from "../frames.ts";
import type { NewestEvents } from "../log/newest-port.ts";
import type { LogEnd } from "../log/position.ts";
import type { Ports } from "../ports.ts";
import type { SentHistory } from "../subscribe-history.ts";
import type { Format, StoredEvent } from "../types.ts";
import { utf8Length } from "../utf8.ts";
import { POST_PRICE, priceOfRead, priceOfUnits, type ReplayBudget } from "./budget.ts";
import { RECOVERY_BYTES_MAX, ROW_BYTES } from "./read-missing.ts";
import { messagesIn, RECOVERY_MESSAGES_MAX } from "./replay.ts";

/** DynamoDB: the most that one response of a query contains, and so the most that one query reads. */
const PAGE_BYTES_MAX = 1_048_576;

/** What is taken for the size of an event if the log does not say how many bytes it has. */
const EVENT_BYTES_UNKNOWN = 1_024;

export interface LastRequest {
  topicId: string;
  format: Format;
  /** How many events the client asked for. */
  last: number;
  /** The topic's end, which the client is told. Later events come live. */
  end: LogEnd;
}

/** The frames with the newest events up to the end, oldest first, and where they begin. */
export interface LastEvents extends SentHistory {
  frames: readonly EventsFrame[];
}

/**
 * Reads the newest events up to the end with one query, and returns as many of them as one client message may cause to be
 * replayed: the oldest are left out first. What it reads, and what it returns to be posted, is deducted from the budget.
 * Returns `later` if the brake or the budget says no.
 *
 * Only the read shows how large the events are. So the brake is asked for the price that the size of the epoch suggests,
 * and then for the posts and for what the read has cost in addition.
 */
export async function lastEvents(
  { log }: Pick<Ports, "log">,
  { topicId, format, last, end }: LastRequest,
  budget: ReplayBudget,
): Promise<LastEvents | "later"> {
  const { epoch, offset } = end.position;
  const limit = Math.min(last, offset, budget.events);
  if (limit === 0) return { frames: [], from: end.position };
  const expected = expectedPrice(end, limit, topicId);
  if (!(await budget.permits(expected))) return "later";
  const spentBefore = budget.spent();
  const read = await readUpToEnd(log, { topicId, epoch, upTo: offset, limit }, budget);
  if (read === "later") return read;
  const frames = newestFitting(framesOf(format, topicId, epoch, read.events), budget.left());
  const price = POST_PRICE * messagesIn(frames);
  const inAddition = Math.max(0, budget.spent() - spentBefore - expected);
  if (!(await budget.permits(Math.min(price + inAddition, budget.left())))) return "later";
  budget.spend(price);
  const count = frames.reduce((sum, { events }) => sum + events, 0);
  budget.events -= count;
  const truncated = read.cut || count < read.events.length;
  return { frames, from: { epoch, offset: offset - count }, ...(truncated && { truncated }) };
}

/** Returns what the read will probably cost: the events are as large as those of the epoch are on average. */
function expectedPrice({ position, bytesSoFar }: LogEnd, limit: number, topicId: string): number {
  const dataBytes = bytesSoFar === undefined ? EVENT_BYTES_UNKNOWN : bytesSoFar / position.offset;
  return priceOfRead(Math.min(limit * (dataBytes + rowBytes(topicId)), PAGE_BYTES_MAX), true);
}

const rowBytes = (topicId: string): number => ROW_BYTES + utf8Length(topicId);

interface Read {
  /** Up to the end, without holes. */
  events: readonly StoredEvent[];
  cut: boolean;
}

/** Reads at half the price. If that does not show the last event yet, it reads again with strong consistency. */
async function readUpToEnd(
  log: Ports["log"],
  wanted: { topicId: string; epoch: string; upTo: number; limit: number },
  budget: ReplayBudget,
): Promise<Read | "later"> {
  for (const mayLag of [true, false]) {
    const found = await log.newest({ ...wanted, maxBytes: RECOVERY_BYTES_MAX, mayLag });
    const price = priceOf(found, wanted.topicId, mayLag);
    budget.spend(price);
    const events = withoutHoles(found.events, wanted.upTo);
    if (events.length > 0 || !mayLag)
      return { events, cut: found.cut || events.length < found.events.length };
    if (budget.left() < 2 * price + POST_PRICE) return "later";
  }
  return "later";
}

function priceOf({ events, readUnits }: NewestEvents, topicId: string, mayLag: boolean): number {
  if (readUnits !== undefined) return priceOfUnits(readUnits);
  const bytes = events.reduce((sum, { json, bytesAtRest }) => sum + (bytesAtRest ?? utf8Length(json)), 0);
  return priceOfRead(bytes + events.length * rowBytes(topicId), mayLag);
}

/** Returns the events that end at the offset and follow one another. The client would take a hole for a loss. */
function withoutHoles(events: readonly StoredEvent[], upTo: number): readonly StoredEvent[] {
  let from = events.length;
  while (from > 0 && events[from - 1]?.offset === upTo - (events.length - from)) from -= 1;
  return events.slice(from);
}

/** Leaves out the oldest frames until the others may be posted. */
function newestFitting(frames: readonly EventsFrame[], left: number): readonly EventsFrame[] {
  const messagesMax = Math.min(RECOVERY_MESSAGES_MAX, Math.floor(left / POST_PRICE));
  let from = frames.length;
  let messages = 0;
  while (from > 0) {
    messages += messagesIn(frames.slice(from - 1, from));
    if (messages > messagesMax) break;
    from -= 1;
  }
  return frames.slice(from);
}
