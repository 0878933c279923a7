import { type EventsFrame, framesOf } from "../frames.ts";
import { REPLY_MS_MAX } from "../limits.ts";
import type { Ports } from "../ports.ts";
import type { Consumer, Position, StoredEvent } from "../types.ts";
import { utf8Length } from "../utf8.ts";

/** Ours: how many events, and bytes as sent, one client's frame may have replayed. Past that, its history is gone. */
const RECOVERY_EVENTS_MAX = 1_000;
const RECOVERY_BYTES_MAX = 1_048_576;

/** What one client's frame may still have replayed. */
export interface ReplayBudget {
  events: number;
  bytes: number;
}

export const newReplayBudget = (): ReplayBudget => ({
  events: RECOVERY_EVENTS_MAX,
  bytes: RECOVERY_BYTES_MAX,
});

/**
 * What lies between a client's position and the topic's: the frames that bring it, `gone` if it can't be brought,
 * or `later` if this frame's budget is used up by other topics, and asking again will do.
 */
export type Missing = readonly EventsFrame[] | "gone" | "later";

export async function missingSince(
  { log }: Pick<Ports, "log">,
  topicId: string,
  { since, position }: { since: Position; position: Position },
  budget: ReplayBudget,
): Promise<Missing> {
  const { epoch } = position;
  const count = position.offset - since.offset;
  // A position that was never given out is not one to continue from
  if (since.epoch !== epoch || count < 0 || count > RECOVERY_EVENTS_MAX) return "gone";
  if (count === 0) return [];
  if (count > budget.events) return "later";
  const events: StoredEvent[] = [];
  let bytes = 0;
  for await (const event of log.read({ topicId, epoch, after: since.offset, limit: count })) {
    if (event.offset !== since.offset + events.length + 1) return "gone";
    events.push(event);
    bytes += utf8Length(event.json);
    if (bytes > RECOVERY_BYTES_MAX) return "gone";
    if (bytes > budget.bytes) return "later";
  }
  if (events.length < count) return "gone";
  budget.events -= count;
  budget.bytes -= bytes;
  return framesOf("event", topicId, epoch, events);
}

/**
 * Posts a replay, one frame after the other. It gives way to live fan-out: the first post that is not accepted
 * ends it, and the client, who sees what is still missing, asks again in its own time. So thousands of clients
 * that return at once take what the account's rate leaves over, a post at a time each.
 */
export async function replay(
  { connections, clock }: Pick<Ports, "connections" | "clock">,
  consumer: Consumer,
  frames: readonly EventsFrame[],
): Promise<void> {
  for (const frame of frames) {
    const result = await connections.post(consumer, frame, { giveUpAtMs: clock.now() + REPLY_MS_MAX });
    if (result.outcome !== "delivered") return;
  }
}
