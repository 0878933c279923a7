import { forEachAtOnce } from "../at-once.ts";
import { leaveMembers } from "../presence/leave.ts";
import { ensureTick } from "../presence/ticks.ts";
import { membersTopic, topicOfMembers } from "../reserved-topics.ts";
import type { Subscription } from "../types.ts";
import type { PendingConsumer } from "./message.ts";
import { type FailedConsumer, publicationName, type Run } from "./post-run.ts";
import type { FanoutContext } from "./worker.ts";

/**
 * Our own limits. A consumer's first abandonment takes about two minutes, in which it has refused 24 posts. Two more, each
 * after half a minute without one delivery, and it does not read: a client that only slept catches up when it subscribes
 * again. The limit for all abandonments is for a consumer that takes something now and then.
 */
const IN_ROW_MAX = 3;
const IN_ALL_MAX = 20;

/** Abandonments within this time count as one, because they are of events that were published together. */
const GAP_MS = 30_000;

const UPDATES_AT_ONCE = 25;

/** Whether the last delivery to this consumer was abandoned because it took nothing. */
export const wasAbandoned = ({ abandonments }: Pick<PendingConsumer, "abandonments">): boolean =>
  (abandonments?.inRow ?? 0) > 0;

/**
 * Counts the abandonments of consumers that are the cause themselves, in their subscriptions, and ends the subscriptions
 * of those that do not read. Forgets the row of abandonments of consumers that took a delivery. Consumers without
 * abandonments cost no write. Only reports a failure: the next abandonment counts again.
 */
export async function countAbandonments(
  context: FanoutContext,
  run: Run,
  { abandoned, recovered }: { abandoned: readonly FailedConsumer[]; recovered: readonly PendingConsumer[] },
): Promise<void> {
  const tasks = [
    ...abandoned.map((consumer) => () => countOne(context, run, consumer)),
    ...recovered.filter(wasAbandoned).map((consumer) => () => forget(context, run, consumer)),
  ];
  await forEachAtOnce(UPDATES_AT_ONCE, tasks, async (task) => {
    await task().catch((error: unknown) =>
      context.observe({ event: "background-failure", stage: "count-abandonments", error }),
    );
  });
}

async function countOne(context: FanoutContext, run: Run, pending: FailedConsumer): Promise<void> {
  const { subscriptions, clock, observe } = context;
  const { consumer, reason, abandonments: before } = pending;
  const nowMs = clock.now();
  if (before && nowMs - before.lastAtMs < GAP_MS) return;
  const next = { inRow: (before?.inRow ?? 0) + 1, inAll: (before?.inAll ?? 0) + 1, lastAtMs: nowMs };
  const subscription = stateOf(run, pending);
  if (next.inRow < IN_ROW_MAX && next.inAll < IN_ALL_MAX) {
    await subscriptions.replaceAbandonments(subscription, next);
    return;
  }
  const [event] = run.events;
  const members = topicOfMembers(run.topicId);
  // Before the removal, as in leaveMembers: nobody would find a removal again that no tick tells
  if (members !== undefined) await ensureTick(context, { topicId: members, slot: "soon" });
  if (!(await subscriptions.removeUnchanged(subscription))) return;
  if (pending.member) await leaveMembers(context, [{ consumer, topicId: membersTopic(run.topicId) }]);
  if (!event) return;
  const { inRow, inAll } = next;
  observe({ event: "subscription-ended", ...publicationName(run, event), consumer, inRow, inAll, reason });
}

async function forget({ subscriptions }: FanoutContext, run: Run, pending: PendingConsumer): Promise<void> {
  const { abandonments } = pending;
  if (abandonments)
    await subscriptions.replaceAbandonments(stateOf(run, pending), { ...abandonments, inRow: 0 });
}

const stateOf = (
  { topicId }: Run,
  { consumer, subscribedAt, abandonments }: PendingConsumer,
): Pick<Subscription, "consumer" | "topicId" | "subscribedAt" | "abandonments"> => ({
  consumer,
  topicId,
  subscribedAt,
  ...(abandonments && { abandonments }),
});
