import { forEachAtOnce } from "../at-once.ts";
import type { Ports } from "../ports.ts";
import { topicOfMembers } from "../reserved-topics.ts";
import type { Consumer } from "../types.ts";
import { ensureTick, GRACE_SECONDS } from "./ticks.ts";

export type LeavePorts = Pick<Ports, "subscriptions" | "queue" | "clock" | "observe"> & { inline?: true };

interface Membership {
  consumer: Consumer;
  /** The members topic that the connection is subscribed to. */
  topicId: string;
}

interface LeaveOptions {
  /** Whether the user still counts for a moment, because he may be reloading the page. Default true. */
  grace?: boolean;
}

const LEAVES_AT_ONCE = 25;

/**
 * Ends memberships, and returns how many there were. First it writes who left: otherwise a tick after the removal would
 * find the user nowhere, and a reload would look like leaving and joining. Then it sends the tick, and only then it removes
 * the subscription: a worker that dies in between leaves one that the next post finds again, and not a removal that no tick
 * tells. If the tick cannot be sent, that is only reported: the connection is gone, and whatever ends it must go on. The
 * next change then shows it too.
 */
export async function leaveMembers(
  ports: LeavePorts,
  memberships: readonly Membership[],
  options: LeaveOptions = {},
): Promise<number> {
  const failures: unknown[] = [];
  const each = async <Item>(
    items: readonly Item[],
    step: (item: Item) => Promise<unknown>,
  ): Promise<Item[]> => {
    const done: Item[] = [];
    await forEachAtOnce(LEAVES_AT_ONCE, items, async (item) => {
      try {
        if ((await step(item)) !== false) done.push(item);
      } catch (error) {
        failures.push(error);
      }
    });
    return done;
  };
  const marked = await each(memberships, (membership) => markLeft(ports, membership, options));
  const topics = new Set(marked.map(({ topicId }) => topicOfMembers(topicId) ?? topicId));
  const slot = options.grace === false ? "soon" : "late";
  for (const topicId of topics) {
    await ensureTick(ports, { topicId, slot }).catch((error: unknown) =>
      ports.observe({ event: "background-failure", stage: "members-changed", error }),
    );
  }
  const removed = await each(marked, (membership) => ports.subscriptions.remove([membership]));
  if (failures.length > 0) throw failures[0];
  return removed.length;
}

/** Returns whether there is a membership. */
async function markLeft(
  { subscriptions, clock }: LeavePorts,
  { consumer, topicId }: Membership,
  { grace = true }: LeaveOptions,
): Promise<boolean> {
  const of = topicOfMembers(topicId);
  const row = of !== undefined && (await subscriptions.find({ consumer, topicId }));
  if (!row) return false;
  // One that has expired is not listed any more
  if (row !== "expired" && row.userId !== undefined && grace) {
    const { userId, info, subscribedAt: sinceMs } = row;
    const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + GRACE_SECONDS;
    await subscriptions.markLeft({ topicId: of, userId, info, sinceMs, expiresAtSeconds });
  }
  return true;
}
