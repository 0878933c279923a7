import type { EventsFrame } from "../frames.ts";
import type { LogEnd } from "../log/position.ts";
import type { Ports } from "../ports.ts";
import type { AskedHistory, SentHistory } from "../subscribe-history.ts";
import type { Format, Position } from "../types.ts";
import type { ReplayBudget } from "./budget.ts";
import { lastEvents } from "./read-last.ts";
import { missingSince } from "./replay.ts";

export interface CatchUpRequest extends AskedHistory {
  topicId: string;
  format: Format;
  since?: Position | undefined;
  /** The topic's end, which was read after the subscription was written. */
  end: LogEnd;
}

/** What a new subscriber is sent of the events up to the topic's end, and what its SUBSCRIBED says of them. */
export interface CaughtUp {
  says: { recovered: boolean } & SentHistory;
  frames: readonly EventsFrame[];
  /** Whether the frames are EVENTS messages or the bare data. */
  format: Format;
}

/** Returns what follows `since`, or else the `last` events. `later`: the budget or the brake does not allow it now. */
export async function catchUp(
  ports: Pick<Ports, "log">,
  { topicId, format, since, last, latest, end }: CatchUpRequest,
  budget: ReplayBudget,
): Promise<CaughtUp | "later"> {
  if (last !== undefined && since === undefined) {
    const sent = await lastEvents(ports, { topicId, format, last, end }, budget);
    if (sent === "later") return sent;
    const { frames, ...history } = sent;
    return { says: { recovered: true, ...history }, frames, format };
  }
  const { position, bytesSoFar } = end;
  const gap = { since: since ?? position, position, bytesSoFar, latest };
  const missing = await missingSince(ports, topicId, gap, budget);
  if (missing === "later") return missing;
  const recovered = missing !== "gone";
  return { says: { recovered }, frames: recovered ? missing : [], format: "event" };
}
