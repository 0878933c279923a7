import type { QueuedMessage } from "../ports.ts";
import { nextHops } from "./hops.ts";
import { inlineEvents } from "./inline-events.ts";
import { encodeFanoutMessage, type PendingConsumer } from "./message.ts";
import { publicationName, type Run } from "./post-run.ts";
import { settleUnit, type Unit } from "./settle-unit.ts";
import { partName, stepPartUnit } from "./units.ts";

import type { FanoutContext } from "./worker.ts";

/**
 * Sends the consumers of a step as parts, then writes the step into the ledger. If the worker dies in between, the step
 * is done again. A part with the same consumers then has the same name, and is posted once. The row names the parts,
 * because more parts than those can be in the queue: the status waits for the parts that have all consumers of the step.
 */
export async function sendParts(
  context: FanoutContext,
  run: Run,
  offsets: readonly number[],
  { unit, consumers, end }: Unit,
): Promise<void> {
  const startedMs = context.clock.now();
  // The worker was frozen, and another one has perhaps sent the step already, with other consumers in its parts
  if (startedMs >= context.leaseUntilMs) throw new Error("the lease ended before the parts were sent");
  const parts = inParts(consumers, context.settings.partSize).map((part) => {
    return { unit: stepPartUnit(unit, part), consumers: part };
  });
  await context.queue.send(parts.map((part) => partMessage(run, part)));
  const names = parts.map((part) => partName(part.unit));
  const sent = new Set(run.events.map(({ offset }) => offset));
  await settleUnit(context, run, offsets, { unit, end }, (offset) =>
    sent.has(offset) ? { handedOn: parts.length, parts: names } : undefined,
  );
  const durationMs = context.clock.now() - startedMs;
  for (const event of run.events) {
    const counts = { parts: parts.length, consumers: consumers.length };
    context.observe({ event: "parts-sent", ...publicationName(run, event), unit, ...counts, durationMs });
  }
}

/**
 * The length of all connection ids in a part. Its message, with events of up to 128 KB, stays below the 1 MiB that SQS
 * accepts. API Gateway's ids have 16 characters, but a row may contain longer ones.
 */
const PART_ID_LENGTH_MAX = 250_000;

/** Cuts the consumers into as few parts as possible, all of about the same size. */
function inParts(consumers: readonly PendingConsumer[], partSize: number): PendingConsumer[][] {
  const idLength = consumers.reduce((sum, { consumer }) => sum + consumer.connectionId.length, 0);
  const count = Math.max(Math.ceil(consumers.length / partSize), Math.ceil(idLength / PART_ID_LENGTH_MAX));
  const size = Math.ceil(consumers.length / count);
  return Array.from({ length: count }, (_, index) => consumers.slice(index * size, (index + 1) * size));
}

function partMessage(
  { topicId, epoch, events, hops }: Run,
  { unit, consumers }: Pick<Unit, "unit" | "consumers">,
): QueuedMessage {
  const offsets = events.map(({ offset }) => offset);
  const named = { topicId, epoch, offsets, unit, attempt: 1, hops: nextHops(hops), consumers };
  const body = encodeFanoutMessage({ kind: "part", ...named, ...inlineEvents(events, consumers.length) });
  return { body, delaySeconds: 0 };
}
