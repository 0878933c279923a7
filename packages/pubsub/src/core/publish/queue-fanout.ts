import { isPubsubError, PubsubError } from "../errors.ts";
import { inlineEvents } from "../fanout/inline-events.ts";
import { encodeFanoutMessage } from "../fanout/message.ts";
import type { RecentFanouts } from "../fanout/recent-fanouts.ts";
import { foldLedger } from "../fanout/status.ts";
import { pageUnit } from "../fanout/units.ts";
import type { Appended, EventDraft } from "../log/append.ts";
import type { AppendedTogether } from "../log/shared-appends.ts";
import type { LedgerRow, Ports, QueuedMessage } from "../ports.ts";
import type { Publication } from "../types.ts";

/**
 * Queues the fan-out of what one append returned: one message for all new events, and one for each duplicate whose
 * fan-out is perhaps not in the queue.
 */
export async function queueFanout(
  ports: Omit<Ports, "subscriptions" | "connections">,
  recent: RecentFanouts,
  topicId: string,
  together: AppendedTogether,
): Promise<void> {
  const fresh = [...together].filter(([, { duplicate }]) => !duplicate);
  const repeated = [...together.values()].filter(({ duplicate }) => duplicate);
  try {
    const [first] = fresh;
    if (first) {
      const queueing = ports.queue.send([firstPage(topicId, first[1].epoch, fresh)]);
      const idempotent = fresh.filter(([draft]) => draft.idempotent);
      recent.remember(
        idempotent.map(([, { epoch, offset }]) => ({ topicId, epoch, offset })),
        queueing,
      );
      await queueing;
    }
    const again = repeated.map(({ epoch, offset }) => fanoutAgain(ports, recent, { topicId, epoch, offset }));
    const messages = (await Promise.all(again)).filter((message) => message !== undefined);
    if (messages.length > 0) await ports.queue.send(messages);
  } catch (cause) {
    // An error of other code does not say whether the same call can succeed later, so it must not count as final
    const retryable = isPubsubError(cause) ? cause.retryable : true;
    throw notQueued(topicId, retryable, cause);
  }
}

function notQueued(topicId: string, retryable: boolean, cause: unknown): PubsubError {
  const when = retryable ? "" : "when its cause is removed, ";
  const message = `the event is in the log, but its fan-out could not be queued; ${when}publish again with the same publicationId`;
  return new PubsubError("FANOUT_NOT_QUEUED", message, { retryable, cause, context: { topicId } });
}

/** One message names all events that were appended together, so that they are posted together. */
function firstPage(
  topicId: string,
  epoch: string,
  appended: readonly (readonly [EventDraft, Appended])[],
): QueuedMessage {
  const events = appended.map(([{ publicationId, publishedAt, json, verbatim }, { offset }]) => {
    return { offset, publicationId, publishedAt, json, verbatim };
  });
  const offsets = events.map(({ offset }) => offset);
  const page = { kind: "page" as const, page: 1, topicId, epoch, offsets, ...inlineEvents(events) };
  return { body: encodeFanoutMessage(page), delaySeconds: 0 };
}

/**
 * Returns the message that a repeated publication needs. It needs none if its fan-out has begun, because the queue
 * holds the rest. If the queue ends with its process, the fan-out continues at the page after the last completed one.
 */
async function fanoutAgain(
  { ledger, queue }: Pick<Ports, "ledger" | "queue">,
  recent: RecentFanouts,
  publication: Publication,
): Promise<QueuedMessage | undefined> {
  if (await recent.isQueued(publication)) return undefined;
  const rows: LedgerRow[] = [];
  for await (const row of ledger.rows(publication)) rows.push(row);
  if (rows.length > 0 && (queue.durable || foldLedger(rows).state === "complete")) return undefined;
  const { topicId, epoch, offset } = publication;
  const next = { kind: "page" as const, topicId, epoch, offsets: [offset], ...pageAfterDone(rows) };
  return { body: encodeFanoutMessage(next), delaySeconds: 0 };
}

function pageAfterDone(rows: readonly LedgerRow[]): { page: number; cursor?: string } {
  const done = new Map(rows.map((row) => [row.unit, row]));
  let next: { page: number; cursor?: string } = { page: 1 };
  for (;;) {
    const row = done.get(pageUnit(next.page));
    if (row?.row !== "done" || row.end === undefined) return next;
    next = { page: next.page + 1, cursor: row.end };
  }
}
