import { isPubsubError, PubsubError } from "../errors.ts";
import { echoesField } from "../fanout/echoes.ts";
import { inlineEvents } from "../fanout/inline-events.ts";
import { type EarlyRead, INLINE_LEASE_MS, type InlineFanout } from "../fanout/inline-fanout.ts";
import { encodeFanoutMessage, type TopicMessage } from "../fanout/message.ts";
import type { RecentFanouts } from "../fanout/recent-fanouts.ts";
import { foldLedger } from "../fanout/status.ts";
import { stepUnit } from "../fanout/units.ts";
import type { Appended, EventDraft } from "../log/append.ts";
import type { AppendedTogether } from "../log/shared-appends.ts";
import type { LedgerRow, Ports, QueuedMessage } from "../ports.ts";
import { traceField } from "../tracing.ts";
import type { Publication } from "../types.ts";

const INLINE_LEASE_SECONDS = Math.ceil(INLINE_LEASE_MS / 1_000);

/**
 * How long the message of a repeated publication waits, because the process that published first is perhaps queueing its own
 * now. A small topic's fan-out is recorded when it is done, so a second message at the same time would post it again.
 */
const OTHER_PROCESS_SECONDS = 5;

export interface FanoutStart {
  ports: Omit<Ports, "subscriptions" | "connections">;
  recent: RecentFanouts;
  /** Absent if every fan-out goes to the queue. */
  inline?: InlineFanout | undefined;
}

/**
 * Queues the fan-out of what one append returned: one message for all new events, unless the publisher fans them out
 * itself, and one for each duplicate whose fan-out is perhaps not in the queue.
 */
export async function queueFanout(
  start: FanoutStart,
  topicId: string,
  together: AppendedTogether,
  early?: EarlyRead,
): Promise<void> {
  const { ports, recent } = start;
  const fresh = [...together].filter(([, { duplicate }]) => !duplicate);
  const repeated = [...together.values()].filter(({ duplicate }) => duplicate);
  try {
    const [first] = fresh;
    if (first) {
      const queueing = fanOutNew(start, { topicId, epoch: first[1].epoch, early }, fresh);
      const idempotent = fresh.filter(([draft]) => draft.idempotent);
      recent.remember(
        idempotent.map(([, { epoch, offset }]) => ({ topicId, epoch, offset })),
        queueing,
      );
      await queueing;
    }
    const again = repeated.map(({ epoch, offset }) => fanoutAgain(start, { topicId, epoch, offset }));
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
async function fanOutNew(
  { ports: { queue }, inline }: FanoutStart,
  { topicId, epoch, early }: { topicId: string; epoch: string; early: EarlyRead | undefined },
  appended: readonly (readonly [EventDraft, Appended])[],
): Promise<void> {
  const events = appended.map(([{ publicationId, publishedAt, json, verbatim, traceparent }, { offset }]) => {
    return { offset, publicationId, publishedAt, json, verbatim, ...traceField(traceparent) };
  });
  const offsets = events.map(({ offset }) => offset);
  const echoes = appended.flatMap(([{ echoedTo: consumer }, { offset }]) =>
    consumer ? [{ offset, consumer }] : [],
  );
  const message: TopicMessage = { kind: "topic", step: 1, topicId, epoch, offsets, ...echoesField(echoes) };
  const outcome = inline ? await inline.fanOut({ ...message, events }, early) : "queue";
  if (outcome === "done") return;
  const body = encodeFanoutMessage({ ...message, ...inlineEvents(events, [], echoes) });
  await queue.send([{ body, delaySeconds: outcome === "queue" ? 0 : INLINE_LEASE_SECONDS }]);
}

/**
 * Returns the message that a repeated publication needs. It needs none if its fan-out has begun, because the queue
 * holds the rest. If the queue ends with its process, the fan-out continues at the step after the last completed one. A
 * publisher that fanned out itself can have died after its claim: then the message waits for the end of the lease.
 */
async function fanoutAgain(
  { ports: { ledger, queue }, recent, inline }: FanoutStart,
  publication: Publication,
): Promise<QueuedMessage | undefined> {
  const isQueuedHere = await recent.isQueued(publication);
  if (isQueuedHere) return undefined;
  const rows: LedgerRow[] = [];
  for await (const row of ledger.rows(publication)) rows.push(row);
  const done = new Map(rows.flatMap((row) => (row.row === "done" ? [[row.unit, row] as const] : [])));
  const isBegun = inline ? done.has(stepUnit(1)) : rows.length > 0;
  if (isBegun && (queue.durable || foldLedger(rows).state === "complete")) return undefined;
  const { topicId, epoch, offset } = publication;
  const named = { topicId, epoch, offsets: [offset], again: true as const };
  const next = { kind: "topic" as const, ...named, ...stepAfterDone(done) };
  const isClaimed = inline !== undefined && rows.length > 0;
  const waits = isClaimed ? INLINE_LEASE_SECONDS : isQueuedHere === undefined ? OTHER_PROCESS_SECONDS : 0;
  return { body: encodeFanoutMessage(next), delaySeconds: queue.durable ? waits : 0 };
}

function stepAfterDone(done: ReadonlyMap<string, { end?: string }>): { step: number; cursor?: string } {
  let next: { step: number; cursor?: string } = { step: 1 };
  for (;;) {
    const end = done.get(stepUnit(next.step))?.end;
    if (end === undefined) return next;
    next = { step: next.step + 1, cursor: end };
  }
}
