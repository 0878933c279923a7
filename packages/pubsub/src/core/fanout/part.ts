import { claimUnit } from "./claims.ts";
import { echoesField, echoesOf } from "./echoes.ts";
import { eventsOfRun } from "./events-of-run.ts";
import type { PartMessage } from "./message.ts";
import { stillAllowed } from "./still-allowed.ts";
import { workUnit } from "./work-unit.ts";
import type { FanoutContext, Handled } from "./worker.ts";

/** Posts to the consumers that a message names: those of a dispatched part, or those that an earlier unit did not reach. */
export async function workPart(context: FanoutContext, message: PartMessage): Promise<Handled> {
  const { topicId, epoch, unit, attempt, hops, echoes } = message;
  const { claimed, leased } = await claimUnit(context, message);
  if (claimed.length > 0) {
    const events = await eventsOfRun(context, message, claimed);
    const consumers = await stillAllowed(context, message, events);
    const run = { topicId, epoch, events, attempt, hops, ...echoesField(echoesOf(echoes, events)) };
    await workUnit(context, run, claimed, { unit, consumers });
  }
  return { leased };
}
