import type { Consumer } from "../types.ts";
import { handOn } from "./hand-on.ts";
import type { PendingConsumer } from "./message.ts";
import { type Posted, postRun, type Run } from "./post-run.ts";
import type { FanoutContext } from "./worker.ts";

export interface Unit {
  unit: string;
  consumers: readonly PendingConsumer[];
  lastPage: boolean;
  /** Where a page ends, so that whoever continues from the ledger knows. */
}

/**
 * Does one claimed unit of work: posts, hands on what is left, and only then writes the ledger and removes the
 * subscriptions of connections that are gone. Whatever it is killed at, the unit is done again, not lost.
 */
export async function workUnit(
  context: FanoutContext,
  run: Run,
  offsets: readonly number[],
  unit: Unit,
): Promise<void> {
  const startedMs = context.clock.now();
  const posted = await postRun(context, run, unit.consumers);
  const handedOn = await handOn(context, run, unit.unit, posted);
  const { topicId, epoch } = run;
  await Promise.all(
    offsets.map((offset) => {
      const nothing = { consumers: 0, delivered: 0, gone: 0, retried: 0 };
      const counts = posted.counts.get(offset) ?? nothing;
      const result = { ...counts, handedOn: handedOn.get(offset) ?? 0, lastPage: unit.lastPage };
      return context.ledger.settle({ publication: { topicId, epoch, offset }, unit: unit.unit, result });
    }),
  );
  // After the ledger: a unit done again because its worker died in between would not find, nor count, these
  await removeGone(context, run.topicId, posted.gone);
  context.observe({
    event: "page-delivered",
    topicId,
    epoch,
    offsets,
    unit: unit.unit,
    attempt: run.attempt,
    subscribers: unit.consumers.length,
    ...totals(posted),
    handedOn: Math.max(0, ...handedOn.values()),
    durationMs: context.clock.now() - startedMs,
  });
}

/** A failure to remove is not the publication's: the next one meets the same 410 and removes it then. */
async function removeGone(context: FanoutContext, topicId: string, gone: readonly Consumer[]): Promise<void> {
  if (gone.length === 0) return;
  try {
    await context.subscriptions.remove(gone.map((consumer) => ({ consumer, topicId })));
    context.observe({ event: "subscriptions-removed", topicId, count: gone.length });
  } catch (error) {
    context.observe({ event: "background-failure", stage: "remove-gone-subscriptions", error });
  }
}

function totals({ counts }: Posted): { delivered: number; gone: number; retried: number } {
  const sum = { delivered: 0, gone: 0, retried: 0 };
  for (const count of counts.values()) {
    sum.delivered += count.delivered;
    sum.gone += count.gone;
    sum.retried += count.retried;
  }
  return sum;
}
