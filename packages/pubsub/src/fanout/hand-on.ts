import type { QueuedMessage } from "../ports.ts";
import type { StoredEvent } from "../types.ts";
import { redeliveryDelaySeconds } from "./backoff.ts";
import { inlineEvents } from "./inline-events.ts";
import { encodeFanoutMessage, type PendingConsumer } from "./message.ts";
import type { Posted, Run } from "./post-run.ts";
import { deadUnit, partUnit } from "./units.ts";
import type { FanoutContext } from "./worker.ts";

/** Consumers a redelivery names: keeps the message at about one of SQS's 64 KB steps. */
const CONSUMERS_PER_REDELIVERY = 500;

type Reasoned = PendingConsumer & { reason?: string };

interface Part {
  unit: string;
  attempt: number;
  consumers: Reasoned[];
  fate: "redelivery" | "abandoned";
}

/**
 * Sees to what a unit of work left over: consumers to be tried again go back to the queue, each part a unit of
 * its own in the ledger; those out of attempts are abandoned, in the ledger and the dead-letter queue. Answers,
 * for each offset, how many parts were handed on.
 */
export async function handOn(
  context: FanoutContext,
  run: Run,
  unit: string,
  { unsent, failed, refused }: Posted,
): Promise<Map<number, number>> {
  const { attempt } = run;
  const outOfAttempts = attempt >= context.settings.attemptsMax;
  const groups: Omit<Part, "unit">[] = [
    { fate: "redelivery", attempt, consumers: unsent },
    { fate: "redelivery", attempt: attempt + 1, consumers: outOfAttempts ? [] : failed },
    { fate: "abandoned", attempt, consumers: outOfAttempts ? [...failed, ...refused] : refused },
  ];
  const parts = groups
    .flatMap(inChunks)
    .map((part): Part => ({ ...part, unit: partUnit(unit, part.consumers) }));
  const again = parts.filter(({ fate }) => fate === "redelivery");
  await context.queue.send(again.map((part) => redelivery(context, run, part, part.attempt > attempt)));
  await Promise.all(
    parts.filter(({ fate }) => fate === "abandoned").map((part) => abandon(context, run, part)),
  );
  return countByOffset(run.events, again);
}

function inChunks(group: Omit<Part, "unit">): Omit<Part, "unit">[] {
  const chunks: Omit<Part, "unit">[] = [];
  for (let start = 0; start < group.consumers.length; start += CONSUMERS_PER_REDELIVERY) {
    chunks.push({ ...group, consumers: group.consumers.slice(start, start + CONSUMERS_PER_REDELIVERY) });
  }
  return chunks;
}

function redelivery(context: FanoutContext, run: Run, part: Part, delayed: boolean): QueuedMessage {
  const { topicId, epoch } = run;
  const { unit, attempt, consumers } = part;
  const delaySeconds = delayed ? redeliveryDelaySeconds(attempt, context.clock.random) : 0;
  const offsets = offsetsOf(run.events, part);
  const count = consumers.length;
  context.observe({
    event: "redelivery-queued",
    topicId,
    epoch,
    offsets,
    unit,
    attempt,
    consumers: count,
    delaySeconds,
  });
  return { body: bodyOf(run, part), delaySeconds };
}

/**
 * What lies in the dead-letter queue can be moved back as it is: it is a redelivery under a unit of its own,
 * with its attempts before it again.
 */
async function abandon(context: FanoutContext, run: Run, part: Part): Promise<void> {
  const { topicId, epoch } = run;
  const { unit, attempt } = part;
  const reason = [...new Set(part.consumers.map((consumer) => consumer.reason ?? "unknown"))]
    .slice(0, 5)
    .join("; ");
  const offsets = offsetsOf(run.events, part);
  await Promise.all(
    offsets.map((offset) => {
      const waiting = part.consumers.filter(({ from }) => from <= offset).map(({ consumer }) => consumer);
      const abandonment = { consumers: waiting, attempts: attempt, reason };
      return context.ledger.abandon({ publication: { topicId, epoch, offset }, unit, abandonment });
    }),
  );
  const body = bodyOf(run, { ...part, unit: deadUnit(unit), attempt: 1 });
  await context.queue.deadLetter(body, { code: "DELIVERY_ABANDONED", message: reason, attempts: attempt });
  const consumers = part.consumers.length;
  context.observe({ event: "delivery-abandoned", topicId, epoch, offsets, unit, attempt, consumers, reason });
}

function bodyOf({ topicId, epoch, events }: Run, part: Part): string {
  const offsets = offsetsOf(events, part);
  const wanted = events.filter(({ offset }) => offsets.includes(offset));
  const { unit, attempt, consumers } = part;
  const inline = inlineEvents(wanted);
  return encodeFanoutMessage({
    kind: "redelivery",
    topicId,
    epoch,
    offsets,
    unit,
    attempt,
    consumers,
    ...inline,
  });
}

const offsetsOf = (events: readonly StoredEvent[], { consumers }: Part): number[] => {
  const first = Math.min(...consumers.map(({ from }) => from));
  return events.map(({ offset }) => offset).filter((offset) => offset >= first);
};

function countByOffset(events: readonly StoredEvent[], parts: readonly Part[]): Map<number, number> {
  const counts = new Map(events.map(({ offset }) => [offset, 0]));
  for (const part of parts) {
    for (const offset of offsetsOf(events, part)) counts.set(offset, (counts.get(offset) ?? 0) + 1);
  }
  return counts;
}
