import { type Claims, claimUnit } from "./claims.ts";
import type { StepRead, StepReader } from "./read-step.ts";
import type { Stage } from "./send-rest.ts";
import { stepUnit } from "./units.ts";
import type { FanoutContext } from "./worker.ts";

/** Which events of a step this worker may do. */
export interface StepGrant extends Claims {
  /** Whether it may do them without a claim. Their results are then one record (`settleRun`). */
  unclaimed: boolean;
}

/**
 * Decides which events of a step this worker does. The only step of a topic needs no claim if it is one part and all its
 * subscribers take EVENTS messages, because they drop repeats by offset: only what is recorded as done is left out. Any
 * other step is claimed, so that a subscriber of the format `data` gets nothing from two workers. So is every step of a
 * message that was received or sent before: the step can have been claimed then, when the topic had other subscribers.
 */
export async function grantStep(
  context: FanoutContext,
  { topicId, epoch }: { topicId: string; epoch: string },
  { step, cursor, offsets }: Stage,
  reader: StepReader,
): Promise<StepGrant> {
  const claim = async (open: readonly number[]): Promise<StepGrant> => ({
    ...(await claimUnit(context, { topicId, epoch, offsets: open, unit: stepUnit(step) })),
    unclaimed: false,
  });
  if (step > 1 || (context.claimGuess?.needsClaim(topicId) && !context.again)) {
    // In process, a failed read is tried again at once. A claim from before it would make that try wait for the lease
    if (!context.queue.durable) await reader.read(cursor);
    return claim(offsets);
  }
  const [read, done] = await Promise.all([
    reader.read(cursor),
    // Nobody else can have done what is only just appended
    context.inline ? [] : context.ledger.doneInRuns({ topicId, epoch, offsets }),
  ]);
  const isDone = new Set(done);
  const open = offsets.filter((offset) => !isDone.has(offset));
  for (const offset of done)
    context.observe({ event: "unit-skipped", topicId, epoch, offset, unit: stepUnit(step), why: "done" });
  if (context.again || needsClaim(context, read)) return claim(open);
  const skipped = done.map((offset) => ({ offset }));
  return { claimed: open, plans: new Map(), done: skipped, leased: [], unclaimed: true };
}

/** Whether the first step must be claimed: another part follows, or a subscriber would show a repeat. */
export const needsClaim = (
  { settings: { partSize } }: FanoutContext,
  { subscriptions, end }: StepRead,
): boolean =>
  end !== undefined ||
  subscriptions.length > partSize ||
  subscriptions.some(({ format }) => format !== "event");
