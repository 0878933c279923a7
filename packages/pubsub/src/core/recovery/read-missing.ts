import { FRAME_BYTES_METERED } from "../limits.ts";
import type { Ports } from "../ports.ts";
import type { StoredEvent } from "../types.ts";
import { utf8Length } from "../utf8.ts";
import { POST_PRICE, priceOfRead, type ReplayBudget } from "./budget.ts";

/** Our own limit: how many bytes of data one client message can cause to be replayed. */
export const RECOVERY_BYTES_MAX = 524_288;

/** What a row has in addition to its data and its ids: names of attributes, numbers and the item's overhead. */
export const ROW_BYTES = 200;

export interface MissingRun {
  topicId: string;
  epoch: string;
  after: number;
  count: number;
  /** How many bytes of data the epoch has up to the last missing event, if that is known. */
  bytesSoFar: number | undefined;
}

/**
 * Reads the events of a run, or returns `gone` if some of them do not exist or they are too large, and `later` if the
 * budget is too small. Everything that it reads is deducted, whatever it returns.
 *
 * The size of the run is known before its data is read: the last event says how many bytes the epoch has, and so does
 * the first missing one. Only for rows of earlier versions, which do not, it reads step by step until it is too much.
 *
 * The reads may lag, at half the price. Where an event seems to be missing, a strongly consistent read of this one event
 * decides.
 */
export async function readMissing(
  log: Ports["log"],
  { topicId, epoch, after, count, bytesSoFar }: MissingRun,
  budget: ReplayBudget,
): Promise<StoredEvent[] | "gone" | "later"> {
  const events: StoredEvent[] = [];
  const rowBytes = ROW_BYTES + utf8Length(topicId);
  let dataBytes = 0;
  let largest = 1;
  let reads: "may-lag" | "check" | "strong" = "may-lag";
  // The whole epoch is small enough, so that the first event need not say where the run begins
  let expected = bytesSoFar !== undefined && bytesSoFar <= RECOVERY_BYTES_MAX ? bytesSoFar : undefined;
  const priceOf = (bytes: number): number =>
    priceOfRead(bytes + count * rowBytes, true) + POST_PRICE * Math.ceil(bytes / FRAME_BYTES_METERED);
  if (expected !== undefined && !(await budget.permits(priceOf(expected)))) return "later";

  while (events.length < count) {
    if (budget.left() < POST_PRICE) return "later";
    const rest = count - events.length;
    const known = expected !== undefined;
    const limit =
      reads === "check" ? 1 : Math.min(rest, known ? rest : stepAfter(events, dataBytes, largest));
    const mayLag = reads === "may-lag";
    const request = { topicId, epoch, after: after + events.length, limit, mayLag };
    let readBytes = 0;
    let found = 0;
    for await (const event of log.read(request)) {
      const bytes = utf8Length(event.json);
      readBytes += (event.bytesAtRest ?? bytes) + rowBytes + event.publicationId.length;
      if (event.offset !== after + events.length + 1) break;
      events.push(event);
      found += 1;
      dataBytes += bytes;
      largest = Math.max(largest, bytes);
    }
    budget.spend(priceOfRead(readBytes, mayLag));
    if (dataBytes > RECOVERY_BYTES_MAX) return "gone";
    if (found < limit) {
      if (reads !== "may-lag") return "gone";
      reads = "check";
    } else if (reads === "check") reads = "strong";
    const [first] = events;
    if (known || !first || events.length === count) continue;
    const size = sizeOfRun(first, bytesSoFar);
    if (size !== undefined && size > RECOVERY_BYTES_MAX) return "gone";
    const isFirst = events.length === found;
    if (isFirst && !(await budget.permits(priceOf(size ?? RECOVERY_BYTES_MAX)))) return "later";
    expected = size;
  }
  return events;
}

/** Returns the size from this event on. It is unknown if the count of bytes began again in between. */
function sizeOfRun(first: StoredEvent, bytesSoFar: number | undefined): number | undefined {
  if (first.bytesSoFar === undefined || bytesSoFar === undefined) return undefined;
  return bytesSoFar < first.bytesSoFar ? undefined : bytesSoFar - first.bytesSoFar + utf8Length(first.json);
}

/** Returns how many events of unknown size to read: one at first, then more, as far as the largest so far would fit. */
function stepAfter({ length }: readonly StoredEvent[], dataBytes: number, largest: number): number {
  const fitting = Math.floor((RECOVERY_BYTES_MAX - dataBytes) / largest) + 1;
  return length === 0 ? 1 : Math.min(fitting, 4 * length);
}
