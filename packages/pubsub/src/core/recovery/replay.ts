import { type EventsFrame, framesOf } from "../frames.ts";
import { REPLY_MS_MAX } from "../limits.ts";
import type { Ports, PostResult } from "../ports.ts";
import type { Consumer, Position, StoredEvent } from "../types.ts";
import { utf8Length } from "../utf8.ts";

/** Our own limits: how many events and bytes one client message can cause to be replayed. A longer replay is a gap. */
const RECOVERY_EVENTS_MAX = 1_000;
const RECOVERY_BYTES_MAX = 1_048_576;

/** How many events and bytes can still be replayed for one client message. */
export interface ReplayBudget {
  events: number;
  bytes: number;
}

export const newReplayBudget = (): ReplayBudget => ({
  events: RECOVERY_EVENTS_MAX,
  bytes: RECOVERY_BYTES_MAX,
});

/**
 * What a client missed between its position and the topic's: the frames to replay, `gone` if the events cannot be
 * replayed, or `later` if other topics of this message used up the budget, so that the client should ask again.
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
  // The topic never had this position, or too many events follow it
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

const CONTINUES_AFTER: Record<PostResult["outcome"], boolean> = {
  delivered: true,
  gone: false,
  throttled: false,
  failed: false,
};

/**
 * Posts the frames of a replay one after another. The first post that is not delivered ends the replay. The client sees
 * what it still misses and asks again later. So thousands of clients that reconnect at once do not use up the account's
 * rate, which the live fan-out needs.
 */
export async function replay(
  { connections, clock }: Pick<Ports, "connections" | "clock">,
  consumer: Consumer,
  frames: readonly EventsFrame[],
): Promise<void> {
  for (const frame of frames) {
    const result = await connections.post(consumer, frame, { giveUpAtMs: clock.now() + REPLY_MS_MAX });
    if (!CONTINUES_AFTER[result.outcome]) return;
  }
}
