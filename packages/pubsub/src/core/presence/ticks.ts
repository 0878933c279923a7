import { type BoundedMap, createBoundedMap } from "../bounded-map.ts";
import type { Ports } from "../ports.ts";
import { encodeMembersMessage } from "./message.ts";
import type { PresenceRows, TickSlot } from "./rows-port.ts";

/** Our own limit: for how long a user who left still counts, because a page that reloads comes back within this time. */
export const GRACE_SECONDS = 10;

/**
 * Our own limits, in seconds after the change: a tick that is due earlier than `least` comes too early for it, and a new
 * one is due after `delay`. Changes between the two share a tick. The grace ends with a whole second, so that it is over
 * after eleven.
 */
const TIMES: Readonly<Record<TickSlot, { least: number; delay: number }>> = {
  soon: { least: 0.3, delay: 1 },
  late: { least: GRACE_SECONDS + 1, delay: GRACE_SECONDS + 4 },
};

/** Our own limit: the second look comes this much later. The index shows a write within a second, as a rule. */
export const SECOND_LOOK_SECONDS = 4;

/** A clock that is far ahead must not keep others from sending ticks. */
const AHEAD_SECONDS_MAX = 60;

/**
 * Our own limits: how much later the tick of a topic with many members is due, because each tick reads all of them. Such
 * a topic's members learn only their number.
 */
const PACES = [
  { above: 2_000, seconds: 15 },
  { above: 200, seconds: 5 },
] as const;

const TICKS_REMEMBERED = 10_000;

type TickPorts = Pick<Ports, "subscriptions" | "queue" | "clock"> & { inline?: true };

/** What this process knows of ticks that are due. It is a cache: a process without it reads a row instead. */
const byRows = new WeakMap<PresenceRows, BoundedMap<number>>();

/**
 * Makes sure that a tick comes after a change of a topic's members. Changes of about the same time share it. It sends two
 * looks at once, so that a worker that dies with the first does not take the second along. It sends before it marks: a
 * process that dies in between leaves a tick that nobody knows of, and not a mark without a tick. Does nothing without a
 * queue, whose messages would end with this process.
 */
export async function ensureTick(
  ports: TickPorts,
  { topicId, slot, members = 0 }: { topicId: string; slot: TickSlot; members?: number | undefined },
): Promise<void> {
  const { subscriptions, queue, clock } = ports;
  if (!queue.durable && !ports.inline) return;
  const nowMs = clock.now();
  const { least, delay } = TIMES[slot];
  const dueAfter = slot === "soon" ? (PACES.find(({ above }) => members > above)?.seconds ?? delay) : delay;
  const serves = (dueAtMs = 0): boolean =>
    dueAtMs >= nowMs + least * 1_000 && dueAtMs <= nowMs + AHEAD_SECONDS_MAX * 1_000;
  const known = knownTicks(subscriptions);
  const key = `${slot} ${topicId}`;
  if (serves(known.get(key))) return;
  const markedMs = await subscriptions.tickDueAt({ topicId, slot });
  if (markedMs !== undefined && serves(markedMs)) {
    known.set(key, markedMs);
    return;
  }
  const dueAtMs = nowMs + dueAfter * 1_000;
  await queue.send(
    [0, SECOND_LOOK_SECONDS].map((later, index) => ({
      body: encodeMembersMessage({ topicId, round: index + 1, failures: 0 }),
      delaySeconds: dueAfter + later,
    })),
  );
  known.set(key, dueAtMs);
  await subscriptions.markTick({ topicId, slot, dueAtMs });
}

function knownTicks(rows: PresenceRows): BoundedMap<number> {
  const known = byRows.get(rows) ?? createBoundedMap<number>(TICKS_REMEMBERED);
  byRows.set(rows, known);
  return known;
}
