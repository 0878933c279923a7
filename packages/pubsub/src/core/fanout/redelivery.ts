import { claimUnit } from "./claims.ts";
import { eventsOfRun } from "./events-of-run.ts";
import type { RedeliveryMessage } from "./message.ts";
import { workUnit } from "./work-unit.ts";
import type { FanoutContext, Handled } from "./worker.ts";

/** Posts to the consumers that a message names. An earlier unit of work did not reach them. */
export async function redeliver(context: FanoutContext, message: RedeliveryMessage): Promise<Handled> {
  const { topicId, epoch, unit, attempt } = message;
  const claims = await claimUnit(context, message);
  const offsets = [...claims.fresh, ...claims.takenOver.map(({ offset }) => offset)].sort((a, b) => a - b);
  if (offsets.length > 0) {
    const events = await eventsOfRun(context, message, offsets);
    const { consumers } = message;
    await workUnit(context, { topicId, epoch, events, attempt }, offsets, {
      unit,
      consumers,
      lastPage: false,
    });
  }
  return { leased: claims.leased };
}
