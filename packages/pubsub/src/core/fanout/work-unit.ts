import { leaveMembers } from "../presence/leave.ts";
import { isMembersTopic, membersTopic } from "../reserved-topics.ts";
import { causesOf, traced } from "../tracing.ts";
import { countAbandonments } from "./abandonments.ts";
import { abandonedUnread, handOn } from "./hand-on.ts";
import { type Posted, postRun, publicationName, type Run } from "./post-run.ts";
import { settleUnit, type Unit } from "./settle-unit.ts";
import type { FanoutContext } from "./worker.ts";

/**
 * Does one claimed unit of work: posts, hands on the rest, then writes the ledger, and at last removes the
 * subscriptions of connections that are gone or do not read. In this order a worker that dies at any step never loses
 * consumers: the unit is done again.
 */
export async function workUnit(
  context: FanoutContext,
  run: Run,
  offsets: readonly number[],
  unit: Unit,
): Promise<void> {
  const startedMs = context.clock.now();
  const posted = await postTraced(context, run, unit);
  const handedOn = await handOn(context, run, unit.unit, posted);
  await settleUnit(context, run, offsets, unit, (offset) => {
    const counts = posted.counts.get(offset);
    return counts && { ...counts, handedOn: handedOn.get(offset) ?? 0 };
  });
  // After the ledger: if the worker died in between, the unit done again would not find these, and not count them
  await removeGone(context, run, posted);
  const abandoned = abandonedUnread(context, run, unit.unit, posted.failed);
  await countAbandonments(context, run, { abandoned, recovered: posted.recovered });
  report(context, run, unit, { posted, handedOn, startedMs });
}

/** The span is about the posts: a unit is done again if what follows them fails. */
function postTraced(context: FanoutContext, run: Run, { unit, consumers }: Unit): Promise<Posted> {
  const { topicId, attempt, events } = run;
  const attributes = {
    "messaging.destination.name": topicId,
    "messaging.batch.message_count": events.length,
    "pubsub.unit": unit,
    "pubsub.attempt": attempt,
    "pubsub.consumers": consumers.length,
  };
  const start = { name: "deliver" as const, attributes, causes: causesOf(events) };
  return traced(
    context.tracing,
    start,
    () => postRun(context, run, consumers),
    ({ totals: { posts, delivered, gone }, failed, unsent }) => ({
      "pubsub.posts": posts,
      "pubsub.delivered": delivered,
      "pubsub.gone": gone,
      "pubsub.failed": failed.length,
      "pubsub.unsent": unsent.length,
    }),
  );
}

/** Only reports a failure to remove. The next publication gets the same 410 and removes the subscription then. */
async function removeGone(
  context: FanoutContext,
  run: Run,
  { gone, goneMembers = [] }: Pick<Posted, "gone" | "goneMembers">,
): Promise<void> {
  const [event] = run.events;
  if (gone.length === 0 || !event) return;
  const { topicId } = run;
  try {
    const rows = gone.map((consumer) => ({ consumer, topicId }));
    if (isMembersTopic(topicId)) await leaveMembers(context, rows);
    else await context.subscriptions.remove(rows);
    const memberships = goneMembers.map((consumer) => ({ consumer, topicId: membersTopic(topicId) }));
    await leaveMembers(context, memberships);
    for (const consumer of gone) {
      context.observe({ event: "subscription-removed", ...publicationName(run, event), consumer });
    }
  } catch (error) {
    context.observe({ event: "background-failure", stage: "remove-gone-subscriptions", error });
  }
}

function report(
  { clock, observe }: FanoutContext,
  run: Run,
  { unit }: Unit,
  { posted, handedOn, startedMs }: { posted: Posted; handedOn: Map<number, number>; startedMs: number },
): void {
  const { topicId, attempt } = run;
  const nowMs = clock.now();
  const durationMs = nowMs - startedMs;
  const ended = posted.ended > 0 && { ended: posted.ended };
  observe({ event: "posts-made", topicId, unit, attempt, durationMs, ...posted.totals, ...ended });
  for (const event of run.events) {
    const counts = posted.counts.get(event.offset);
    if (!counts) continue;
    const name = publicationName(run, event);
    const parts = handedOn.get(event.offset) ?? 0;
    const publishedAgoMs = nowMs - event.publishedAt;
    const completed = { ...name, unit, attempt, ...counts, handedOn: parts, durationMs, publishedAgoMs };
    observe({ event: "unit-completed", ...completed });
  }
}
