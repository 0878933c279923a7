import type { QueuedMessage, StepPlan } from "../ports.ts";
import { causesOf, traced } from "../tracing.ts";
import { echoesField, echoesFor } from "./echoes.ts";
import { nextHops } from "./hops.ts";
import { inlineEvents } from "./inline-events.ts";
import { encodeFanoutMessage } from "./message.ts";
import { publicationName, type Run } from "./post-run.ts";
import type { StepRead } from "./read-step.ts";
import { settleUnit, type Unit } from "./settle-unit.ts";
import { cutAsPlanned, planStep, type StepPart } from "./step-plan.ts";
import { partName } from "./units.ts";
import type { FanoutContext } from "./worker.ts";

/**
 * Sends the consumers of a step as parts, then writes the step into the ledger. How the step is cut is written before: if
 * the worker dies in between, its successor sends parts of the same names, and each is posted once. The row names the
 * parts, because more parts than those can be in the queue: the status waits for the parts that have all consumers of the
 * step.
 */
export async function sendParts(
  context: FanoutContext,
  run: Run,
  offsets: readonly number[],
  unit: Unit & Pick<StepRead, "readAtMs">,
  plan: StepPlan | undefined,
): Promise<void> {
  const startedMs = context.clock.now();
  assertLeased(context);
  const { topicId, events } = run;
  const attributes = {
    "messaging.destination.name": topicId,
    "messaging.batch.message_count": events.length,
    "pubsub.unit": unit.unit,
    "pubsub.consumers": unit.consumers.length,
  };
  const start = { name: "dispatch" as const, attributes, causes: causesOf(events) };
  const parts = await traced(
    context.tracing,
    start,
    () => cutAndSend(context, run, unit, plan),
    ({ length }) => ({ "pubsub.parts": length }),
  );
  const names = parts.map((part) => partName(part.unit));
  const sent = new Set(run.events.map(({ offset }) => offset));
  await settleUnit(context, run, offsets, unit, (offset) =>
    sent.has(offset) ? { handedOn: parts.length, parts: names } : undefined,
  );
  const durationMs = context.clock.now() - startedMs;
  for (const event of run.events) {
    const counts = { parts: parts.length, consumers: unit.consumers.length };
    const name = publicationName(run, event);
    context.observe({ event: "parts-sent", ...name, unit: unit.unit, ...counts, durationMs });
  }
}

async function cutAndSend(
  context: FanoutContext,
  run: Run,
  unit: Unit & Pick<StepRead, "readAtMs">,
  plan: StepPlan | undefined,
): Promise<readonly StepPart[]> {
  const parts = await cut(context, run, unit, plan);
  assertLeased(context);
  const ageMs = Math.max(0, Math.ceil(context.clock.now() - unit.readAtMs));
  await context.queue.send(parts.map((part) => partMessage(run, part, ageMs)));
  return parts;
}

/** If the worker was frozen, another one has perhaps sent the step already, with other consumers in its parts. */
function assertLeased({ clock, leaseUntilMs }: FanoutContext): void {
  if (clock.now() >= leaseUntilMs) throw new Error("the lease ended before the parts were sent");
}

/** Cuts the step, as an earlier worker did if one did, and writes how. */
async function cut(
  { ledger, settings: { partSize } }: FanoutContext,
  { topicId, epoch, events }: Run,
  { unit, consumers, end }: Unit,
  earlier: StepPlan | undefined,
): Promise<readonly StepPart[]> {
  const { plan, parts } = earlier
    ? { plan: earlier, parts: cutAsPlanned(unit, consumers, earlier) }
    : planStep(unit, consumers, { partSize, end });
  await Promise.all(
    events.map(({ offset }) => ledger.plan({ publication: { topicId, epoch, offset }, unit, plan })),
  );
  return parts;
}

function partMessage(
  { topicId, epoch, events, hops, echoes }: Run,
  { unit, consumers }: StepPart,
  ageMs: number,
): QueuedMessage {
  const offsets = events.map(({ offset }) => offset);
  const named = { topicId, epoch, offsets, unit, attempt: 1, ageMs, hops: nextHops(hops), consumers };
  const own = echoesFor(echoes, events, consumers);
  const body = encodeFanoutMessage({
    kind: "part",
    ...named,
    ...echoesField(own),
    ...inlineEvents(events, consumers, own),
  });
  return { body, delaySeconds: 0 };
}
