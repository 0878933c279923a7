import type { StepPlan } from "../ports.ts";
import { hash53 } from "./digest.ts";
import type { PendingConsumer } from "./message.ts";
import { partName, stepPartUnit } from "./units.ts";

/** A part of a step as it is sent. */
export interface StepPart {
  unit: string;
  consumers: readonly PendingConsumer[];
}

/**
 * The length of all connection ids in a part. Its message, with events of up to 128 KB, stays below the 1 MiB that SQS
 * accepts. API Gateway's ids have 16 characters, but a row may contain longer ones.
 */
const PART_ID_LENGTH_MAX = 250_000;

/**
 * Cuts the consumers of a step into as few parts as possible, all of about the same size, and returns how it cut them.
 * It cuts by a hash of the consumers, because the index has no order that survives when consumers come and go.
 */
export function planStep(
  unit: string,
  consumers: readonly PendingConsumer[],
  { partSize, end }: { partSize: number; end: string | undefined },
): { plan: StepPlan; parts: StepPart[] } {
  const placed = byPlace(consumers);
  const idLength = consumers.reduce((sum, { consumer }) => sum + consumer.connectionId.length, 0);
  const count = Math.max(Math.ceil(consumers.length / partSize), Math.ceil(idLength / PART_ID_LENGTH_MAX));
  const size = Math.ceil(placed.length / count);
  const parts: StepPart[] = [];
  const planned: { name: string; from: number }[] = [];
  for (let start = 0; start < placed.length; start += size) {
    const cut = placed.slice(start, start + size).map(({ pending }) => pending);
    const part = { unit: stepPartUnit(unit, cut), consumers: cut };
    parts.push(part);
    planned.push({ name: partName(part.unit), from: placed[start]?.place ?? 0 });
  }
  return { plan: { ...(end !== undefined && { end }), parts: planned }, parts };
}

/**
 * Cuts the consumers of a step where an earlier worker cut them. A part keeps the name that it had then, although
 * consumers came or left, so a part that was posted already is not posted again. A consumer that came since may then miss
 * the event; without the fault, the earlier worker would not have read it either. A part without consumers is left out.
 */
export function cutAsPlanned(
  unit: string,
  consumers: readonly PendingConsumer[],
  { parts }: StepPlan,
): StepPart[] {
  const cut: PendingConsumer[][] = parts.map(() => []);
  let current = 0;
  for (const { pending, place } of byPlace(consumers)) {
    while (place >= (parts[current + 1]?.from ?? Number.POSITIVE_INFINITY)) current += 1;
    cut[current]?.push(pending);
  }
  return parts.flatMap(({ name }, index) => {
    const mine = cut[index] ?? [];
    return mine.length === 0 ? [] : [{ unit: `${unit}/${name}`, consumers: mine }];
  });
}

interface Placed {
  pending: PendingConsumer;
  place: number;
}

const byPlace = (consumers: readonly PendingConsumer[]): Placed[] =>
  consumers
    .map((pending) => ({ pending, place: hash53(pending.consumer.connectionId) }))
    .sort((one, other) => one.place - other.place);

/** Events of a step that are sent together, and how an earlier worker cut the step for them, if one did. */
export interface PlannedEvents {
  offsets: number[];
  plan?: StepPlan;
}

/**
 * Groups the events of a step by how earlier workers cut it for them. A plan counts only if the step still ends at the same
 * row: in another step, a part of the same name would have other consumers. Events without a plan join the first group.
 */
export function groupByPlan(
  offsets: readonly number[],
  plans: ReadonlyMap<number, StepPlan>,
  end: string | undefined,
): PlannedEvents[] {
  const groups = new Map<string, PlannedEvents>();
  const rest: number[] = [];
  for (const offset of offsets) {
    const plan = plans.get(offset);
    if (!plan || plan.end !== end) {
      rest.push(offset);
      continue;
    }
    const key = JSON.stringify(plan.parts);
    const group = groups.get(key) ?? { offsets: [], plan };
    group.offsets.push(offset);
    groups.set(key, group);
  }
  const [first = { offsets: [] }, ...others] = groups.values();
  return [{ ...first, offsets: [...first.offsets, ...rest].sort((a, b) => a - b) }, ...others];
}
