import type { Claims } from "./claims.ts";
import { echoesField, echoesOf } from "./echoes.ts";
import { eventsOfRun } from "./events-of-run.ts";
import { grantStep, needsClaim, type StepGrant } from "./grant-step.ts";
import type { TopicMessage } from "./message.ts";
import { pendingAt } from "./pending-at.ts";
import { createStepReader, type StepRead, type StepReader } from "./read-step.ts";
import { sendParts } from "./send-parts.ts";
import { type Stage, sendRest } from "./send-rest.ts";
import { groupByPlan, type PlannedEvents } from "./step-plan.ts";
import { stepUnit } from "./units.ts";
import { workUnit } from "./work-unit.ts";
import type { FanoutContext, Handled } from "./worker.ts";

/**
 * Dispatches the events of a message: reads the topic's subscriptions step by step and sends them as parts, each of
 * which names its consumers. The ledger records each step, so that a worker that died repeats at most the step it was
 * at. If the last step is one part, it is posted at once. If the time of the invocation runs out, another message names the rest. So
 * does it if a later step fails: a worker of the version before the dispatcher, after a rollback, would find the first
 * step done and delete the message, and the consumers of the later steps would be lost.
 */
export async function dispatch(
  context: FanoutContext,
  message: TopicMessage,
  reader: StepReader = createStepReader(context, message.topicId),
): Promise<Handled> {
  // The first step is claimed, or looked up, and read at once. An earlier worker may have done further steps: those are not read again
  reader.readAhead(message.cursor);
  const leased: number[] = [];
  let stages: Stage[] = [message];
  for (let isFirst = true; ; isFirst = false) {
    const [stage, ...later] = stages;
    if (!stage) return { leased };
    // The first step is always done. Otherwise a message could be handed on without an end
    if (!isFirst && context.clock.now() >= context.deadlineMs) {
      await sendRest(context, message, stages, { afterLease: false });
      return { leased };
    }
    try {
      const done = await doStep(context, message, stage, reader);
      leased.push(...done.leased);
      stages = inOrder([...later, ...done.next]);
    } catch (error) {
      if (isFirst) throw error;
      context.observe({ event: "background-failure", stage: "dispatch-later-step", error });
      await sendRest(context, message, stages, { afterLease: true });
      return { leased };
    }
  }
}

async function doStep(
  context: FanoutContext,
  message: TopicMessage,
  stage: Stage,
  reader: StepReader,
): Promise<{ leased: readonly number[]; next: Stage[] }> {
  const { unclaimed, ...claims } = await grantStep(context, message, stage, reader);
  const next = stagesAfterDone(stage, claims);
  if (claims.claimed.length > 0) {
    const read = await reader.read(stage.cursor);
    if (stage.step === 1) context.claimGuess?.learn(message.topicId, needsClaim(context, read));
    const events: number[] = [];
    for (const group of groupByPlan(claims.claimed, claims.plans, read.end)) {
      events.push(...(await workStep(context, message, { ...stage, ...group, unclaimed }, read, reader)));
    }
    if (read.end !== undefined && events.length > 0) {
      next.push({ step: stage.step + 1, cursor: read.end, offsets: events });
    }
  }
  return { leased: claims.leased, next };
}

/** Returns the next stages of the events whose step an earlier worker did. */
const stagesAfterDone = ({ step }: Stage, { done }: Claims): Stage[] =>
  done.flatMap(({ offset, end }) =>
    end === undefined ? [] : [{ step: step + 1, cursor: end, offsets: [offset] }],
  );

/** Does a granted step. Returns the offsets of the events that need the next one: expired events do not. */
async function workStep(
  context: FanoutContext,
  message: TopicMessage,
  { step, offsets, plan, unclaimed }: Stage & PlannedEvents & Pick<StepGrant, "unclaimed">,
  { subscriptions, end, readAtMs }: StepRead,
  reader: StepReader,
): Promise<number[]> {
  const { topicId, epoch, hops, echoes } = message;
  const events = await eventsOfRun(context, message, offsets);
  if (end !== undefined && events.length > 0) reader.readAhead(end);
  const run = { topicId, epoch, events, attempt: 1, hops, ...echoesField(echoesOf(echoes, events)) };
  const unit = { unit: stepUnit(step), consumers: pendingAt(events, subscriptions), end, unclaimed };
  const isRest = end === undefined && !plan && unit.consumers.length <= context.settings.partSize;
  // In process, a message would end with its process as well
  if (isRest || !context.queue.durable) await workUnit(context, run, offsets, unit);
  else await sendParts(context, run, offsets, { ...unit, readAtMs }, plan);
  return events.map(({ offset }) => offset);
}

/** Merges the stages of the same step, so that the index is read once for them, and puts the earliest first. */
function inOrder(stages: readonly Stage[]): Stage[] {
  const merged = new Map<string, Stage>();
  for (const stage of stages) {
    const key = `${stage.step} ${stage.cursor}`;
    const offsets = [...(merged.get(key)?.offsets ?? []), ...stage.offsets];
    merged.set(key, { ...stage, offsets: offsets.sort((a, b) => a - b) });
  }
  return [...merged.values()].sort((a, b) => a.step - b.step);
}
