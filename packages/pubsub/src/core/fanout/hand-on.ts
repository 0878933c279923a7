import { redeliveryDelaySeconds } from "../delivery/backoff.ts";
import type { QueuedMessage } from "../ports.ts";
import type { StoredEvent } from "../types.ts";
import { wasAbandoned } from "./abandonments.ts";
import { createHasEcho, echoesField, echoesFor } from "./echoes.ts";
import { hopsProblem, nextHops } from "./hops.ts";
import { inlineEvents } from "./inline-events.ts";
import { encodeFanoutMessage, type PendingConsumer } from "./message.ts";
import { type FailedConsumer, type Posted, publicationName, type Run } from "./post-run.ts";
import { deadUnit, isDeepest, partUnit } from "./units.ts";
import type { FanoutContext } from "./worker.ts";

/** How many consumers a redelivery names. Keeps the message at about one of SQS's 64 KB steps. */
const CONSUMERS_PER_REDELIVERY = 500;

type Reasoned = PendingConsumer & Partial<FailedConsumer>;

interface Part {
  unit: string;
  attempt: number;
  consumers: readonly Reasoned[];
  fate: "redelivery" | "abandoned" | "abandoned-without-letter";
}

/**
 * Hands on the consumers that a unit of work did not finish. Consumers that need another try go back to the queue in
 * parts, and each part is a unit of its own in the ledger. Consumers without attempts left are abandoned: the ledger
 * and the dead-letter queue record them. A consumer that does not take what is posted to it gets no dead letter, because an
 * operator can do nothing about it, and no second attempt if it was abandoned before: only the ledger and the log record
 * it. A publisher hands on also those that it cannot post to at all, and leaves it to a worker to abandon them. Returns for
 * each offset how many parts were handed on.
 */
export async function handOn(
  context: FanoutContext,
  run: Run,
  unit: string,
  { unsent, failed, refused }: Pick<Posted, "unsent" | "failed" | "refused">,
): Promise<Map<number, number>> {
  const { attempt } = run;
  const { deepest, again, outOfAttempts, unread } = sortFailed(context, run, unit, failed);
  const groups: Omit<Part, "unit">[] = [
    { fate: "redelivery", attempt, consumers: deepest ? [] : unsent },
    { fate: "redelivery", attempt: attempt + 1, consumers: again },
    { fate: "redelivery", attempt: attempt + 1, consumers: context.inline ? refused : [] },
    {
      fate: "abandoned",
      attempt,
      consumers: [...(deepest ? unsent : []), ...outOfAttempts, ...(context.inline ? [] : refused)],
    },
    { fate: "abandoned-without-letter", attempt, consumers: unread },
  ];
  const parts = groups
    .flatMap(inChunks)
    .map((part): Part => ({ ...part, unit: partUnit(unit, part.consumers) }));
  const redeliveries = parts.filter(({ fate }) => fate === "redelivery");
  await context.queue.send(
    redeliveries.map((part) => redelivery(context, run, part, part.attempt > attempt)),
  );
  await Promise.all(
    parts.filter(({ fate }) => fate !== "redelivery").map((part) => abandon(context, run, part)),
  );
  return countByOffset(run, redeliveries);
}

interface SortedFailed {
  /** The unit's name has no room for another part. */
  deepest: boolean;
  again: readonly FailedConsumer[];
  outOfAttempts: readonly FailedConsumer[];
  /** Abandoned because they did not take what was posted. */
  unread: readonly FailedConsumer[];
}

function sortFailed(
  { settings: { maxAttempts }, inline }: FanoutContext,
  { attempt, hops }: Run,
  unit: string,
  failed: readonly FailedConsumer[],
): SortedFailed {
  const deepest = isDeepest(unit) || hopsProblem(nextHops(hops)) !== undefined;
  const isOut = (consumer: FailedConsumer): boolean =>
    !inline &&
    (deepest || attempt >= maxAttempts || (consumer.byConsumer === true && wasAbandoned(consumer)));
  const out = failed.filter(isOut);
  return {
    deepest,
    again: failed.filter((consumer) => !isOut(consumer)),
    outOfAttempts: out.filter(({ byConsumer }) => !byConsumer),
    unread: out.filter(({ byConsumer }) => byConsumer),
  };
}

/** Returns the failed consumers that `handOn` abandons because they do not take what is posted to them. */
export const abandonedUnread = (
  context: FanoutContext,
  run: Run,
  unit: string,
  failed: readonly FailedConsumer[],
): readonly FailedConsumer[] => sortFailed(context, run, unit, failed).unread;

function inChunks(group: Omit<Part, "unit">): Omit<Part, "unit">[] {
  const chunks: Omit<Part, "unit">[] = [];
  for (let start = 0; start < group.consumers.length; start += CONSUMERS_PER_REDELIVERY) {
    chunks.push({ ...group, consumers: group.consumers.slice(start, start + CONSUMERS_PER_REDELIVERY) });
  }
  return chunks;
}

function redelivery(context: FanoutContext, run: Run, part: Part, delayed: boolean): QueuedMessage {
  const { unit, attempt } = part;
  const delaySeconds = delayed ? redeliveryDelaySeconds(attempt, context.clock.random) : 0;
  for (const event of eventsOf(run, part)) {
    const consumers = waitingFor(run, part, event).length;
    const name = publicationName(run, event);
    context.observe({ event: "redelivery-queued", ...name, unit, attempt, consumers, delaySeconds });
  }
  return { body: bodyOf(run, part, nextHops(run.hops)), delaySeconds };
}

/**
 * Writes a part into the ledger and, unless its fate says otherwise, the dead-letter queue. The dead letter can be moved
 * back unchanged: it is a part with a unit of its own, and starts with its first attempt again.
 */
async function abandon(context: FanoutContext, run: Run, part: Part): Promise<void> {
  const { topicId, epoch } = run;
  const { unit, attempt, fate } = part;
  const unlettered = fate === "abandoned-without-letter";
  const reason = [...new Set(part.consumers.map((consumer) => consumer.reason ?? "never reached in time"))]
    .slice(0, 5)
    .join("; ");
  const events = eventsOf(run, part);
  await Promise.all(
    events.map((event) => {
      const consumers = waitingFor(run, part, event).map(({ consumer }) => consumer);
      const publication = { topicId, epoch, offset: event.offset };
      return context.ledger.abandon({
        publication,
        unit,
        abandonment: { consumers, attempts: attempt, reason, ...(unlettered && { unlettered }) },
      });
    }),
  );
  if (!unlettered) {
    const body = bodyOf(run, { ...part, unit: deadUnit(unit), attempt: 1 });
    await context.queue.deadLetter(body, { code: "DELIVERY_ABANDONED", message: reason, attempts: attempt });
  }
  for (const event of events) {
    const waiting = waitingFor(run, part, event);
    const unread = waiting.filter(({ byConsumer }) => byConsumer).length;
    const counts = { consumers: waiting.length, ...(unread > 0 && { unread }) };
    const name = publicationName(run, event);
    context.observe({ event: "delivery-abandoned", ...name, unit, attempt, ...counts, reason });
  }
}

function bodyOf(run: Run, part: Part, hops?: number): string {
  const { topicId, epoch } = run;
  const { unit, attempt, consumers } = part;
  const events = eventsOf(run, part);
  const offsets = events.map(({ offset }) => offset);
  const echoes = echoesFor(run.echoes, events, consumers);
  const named = { topicId, epoch, offsets, unit, attempt, hops, consumers, ...echoesField(echoes) };
  return encodeFanoutMessage({ kind: "part", ...named, ...inlineEvents(events, consumers, echoes) });
}

/** Returns the run's events that a consumer of the part still needs. */
const eventsOf = (run: Run, part: Part): StoredEvent[] =>
  run.events.filter((event) => waitingFor(run, part, event).length > 0);

function waitingFor({ echoes }: Run, { consumers }: Part, event: StoredEvent): Reasoned[] {
  const hasEcho = createHasEcho(echoes);
  return consumers.filter((pending) => pending.from <= event.offset && !hasEcho(pending, event));
}

function countByOffset(run: Run, parts: readonly Part[]): Map<number, number> {
  const counts = new Map(run.events.map(({ offset }) => [offset, 0]));
  for (const part of parts) {
    for (const { offset } of eventsOf(run, part)) counts.set(offset, (counts.get(offset) ?? 0) + 1);
  }
  return counts;
}
