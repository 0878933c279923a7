import { type EventsFrame, framesOf } from "../frames.ts";
import { FRAME_BYTES_METERED, REPLY_MS_MAX } from "../limits.ts";
import type { Clock, Connections, Ports, PostResult } from "../ports.ts";
import { endMsOf } from "../subscriptions/end-of.ts";
import type { Consumer, Position, Subscription } from "../types.ts";
import { POST_PRICE, priceOfUnits, RECOVERY_EVENTS_MAX, type ReplayBudget } from "./budget.ts";
import { readMissing } from "./read-missing.ts";

/**
 * Our own limit: how many metered messages of 32 KB one topic's replay takes. 16 are enough for the most bytes that are
 * replayed. Events of 17 to 31 KB travel alone and need up to twice as many.
 */
export const RECOVERY_MESSAGES_MAX = 24;

/** The price of reading and posting one event of the usual size. */
const ONE_EVENT_PRICE = priceOfUnits(0.5) + POST_PRICE;

/**
 * What a client missed between its position and the topic's: the frames to replay, `gone` if the events cannot be
 * replayed, or `later` if the budget is used up, so that the client should ask again.
 */
export type Missing = readonly EventsFrame[] | "gone" | "later";

export interface Gap {
  since: Position;
  position: Position;
  /** How many bytes of data the epoch has up to the position, if that is known. */
  bytesSoFar?: number | undefined;
  /** Whether the client only wants the newest of what it missed. */
  latest?: boolean | undefined;
}

/** Returns what is missing. What it reads, and what it returns to be posted, is deducted from the budget. */
export async function missingSince(
  { log }: Pick<Ports, "log">,
  topicId: string,
  { since, position, bytesSoFar, latest }: Gap,
  budget: ReplayBudget,
): Promise<Missing> {
  const { epoch } = position;
  const missed = position.offset - since.offset;
  const count = latest ? Math.min(missed, 1) : missed;
  // The topic never had this position, or too many events follow it
  if (since.epoch !== epoch || count < 0 || count > RECOVERY_EVENTS_MAX) return "gone";
  if (count === 0) return [];
  if (count > budget.events) return "later";
  // How large one event is does not follow from the size of the epoch
  if (latest && !(await budget.permits(ONE_EVENT_PRICE))) return "later";
  const run = { topicId, epoch, after: position.offset - count, count };
  const events = await readMissing(log, { ...run, bytesSoFar: latest ? undefined : bytesSoFar }, budget);
  if (typeof events === "string") return events;
  const frames = framesOf("event", topicId, epoch, events);
  const messages = messagesIn(frames);
  if (messages > RECOVERY_MESSAGES_MAX) return "gone";
  if (POST_PRICE * messages > budget.left()) return "later";
  budget.events -= count;
  budget.spend(POST_PRICE * messages);
  return frames;
}

/** Returns how many messages API Gateway bills for these frames. An empty one counts too. */
export const messagesIn = (frames: readonly EventsFrame[]): number =>
  frames.reduce((sum, { body }) => sum + Math.max(1, Math.ceil(body.byteLength / FRAME_BYTES_METERED)), 0);

/** A frame of a replay, and when the subscription that it is for ends. */
export interface ReplayFrame extends EventsFrame {
  expiresAtSeconds?: number | undefined;
}

/** Returns the frames with the end of their subscription. */
export const untilEnd = (
  frames: readonly EventsFrame[],
  { expiresAtSeconds }: Pick<Subscription, "expiresAtSeconds">,
): readonly ReplayFrame[] =>
  expiresAtSeconds === undefined ? frames : frames.map((frame) => ({ ...frame, expiresAtSeconds }));

const CONTINUES_AFTER: Record<PostResult["outcome"], boolean> = {
  delivered: true,
  gone: false,
  throttled: false,
  failed: false,
};

/**
 * Posts the frames of a replay one after another. The first post that is not delivered ends the replay. The client sees
 * what it still misses and asks again later. So thousands of clients that reconnect at once do not use up the account's
 * rate, which the live fan-out needs. It begins no post after `untilMs`, and posts no frame after its subscription ended.
 */
export async function replay(
  { connections, clock }: { connections: Pick<Connections, "post">; clock: Pick<Clock, "now"> },
  consumer: Consumer,
  frames: readonly ReplayFrame[],
  untilMs: number = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (const frame of frames) {
    const nowMs = clock.now();
    if (nowMs >= untilMs) return;
    const endMs = endMsOf(frame);
    if (nowMs >= endMs) continue;
    const ends = endMs < Number.POSITIVE_INFINITY && { sendUntilMs: endMs };
    const result = await connections.post(consumer, frame, { ...ends, giveUpAtMs: nowMs + REPLY_MS_MAX });
    if (!CONTINUES_AFTER[result.outcome]) return;
  }
}
