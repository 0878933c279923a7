import { withoutValue } from "../errors.ts";
import type { DeadLetterReason } from "../ports.ts";
import { decodeMembersMessage, type MembersMessage } from "../presence/message.ts";
import { tickOnce } from "../presence/tick.ts";
import { decodeFanoutMessage } from "./decode-message.ts";
import { dispatch } from "./dispatch.ts";
import { hopsProblem } from "./hops.ts";
import { type Job, mergeMessages } from "./merge-messages.ts";
import { encodeFanoutMessage, type FanoutMessage } from "./message.ts";
import { workPart } from "./part.ts";
import { type FanoutContext, type Handled, LOG_SETTINGS_DEFAULT } from "./worker.ts";

export interface ReceivedMessage {
  id: string;
  body: string;
  /** How often the message was received, this time included. */
  receiveCount: number;
  /** How long it was in the queue before it was first received, by the queue's own clock, if that is known. */
  waitedMs?: number | undefined;
}

/** What to do with a received message: delete it, or let SQS deliver it again because of the error. */
export type MessageOutcome = { outcome: "done" } | { outcome: "retry"; error: unknown };

/**
 * Handles a batch of the fan-out queue. Events of one topic are posted together, and a message that fails does not affect
 * the others. Topics are handled in parallel, and the runs of one topic in the order of their events. Never throws.
 */
export async function handleBatch(
  context: FanoutContext,
  received: readonly ReceivedMessage[],
): Promise<Map<string, MessageOutcome>> {
  const receivedAtMs = context.clock.now();
  const outcomes = new Map<string, MessageOutcome>();
  const jobs: Job[] = [];
  // If two messages have the same id and one failed, both are delivered again. Deleting the id would lose one
  const settle = (id: string, outcome: MessageOutcome): void => {
    if (outcomes.get(id)?.outcome !== "retry") outcomes.set(id, outcome);
  };
  const ticks = new Map<string, Tick>();
  for (const message of received) {
    const tick = acceptTick(message);
    if (tick) {
      ticks.set(tick.topicId, mergeTicks(ticks.get(tick.topicId), tick, message.id));
      continue;
    }
    const accepted = accept(message, receivedAtMs);
    if (accepted.job) jobs.push(accepted.job);
    else settle(message.id, await refuse(context, message, accepted));
  }
  await Promise.all([
    ...byTopic(mergeMessages(jobs)).map(async (topicJobs) => {
      for (const job of topicJobs.sort(byOffset)) {
        const outcome = await attempt(context, job);
        for (const id of job.ids) settle(id, outcome);
      }
    }),
    ...[...ticks.values()].map(async ({ messages, ids }) => {
      const outcome = await attemptTick(context, messages);
      for (const id of ids) settle(id, outcome);
    }),
  ]);
  return outcomes;
}

/** Several messages of a batch that ask for a tick of the same topic. One look serves all of them. */
interface Tick {
  messages: [MembersMessage, ...MembersMessage[]];
  ids: string[];
}

function acceptTick({ body, receiveCount }: ReceivedMessage): MembersMessage | undefined {
  const message = decodeMembersMessage(body);
  // A worker may have died after it appended, so that the fan-out of what it appended was not queued
  return message && receiveCount > 1 ? { ...message, failures: Math.max(1, message.failures) } : message;
}

const mergeTicks = (known: Tick | undefined, message: MembersMessage, id: string): Tick => ({
  messages: known ? [...known.messages, message] : [message],
  ids: [...(known?.ids ?? []), id],
});

async function attemptTick(context: FanoutContext, messages: Tick["messages"]): Promise<MessageOutcome> {
  try {
    await tickOnce(context, messages, context.logSettings ?? LOG_SETTINGS_DEFAULT);
    return { outcome: "done" };
  } catch (error) {
    context.observe({ event: "background-failure", stage: "members-tick", error });
    return { outcome: "retry", error };
  }
}

/** Returns the work that the message asks for, or the dead letter that it becomes. */
function accept(
  { id, body, receiveCount, waitedMs }: ReceivedMessage,
  receivedAtMs: number,
): { job: Job } | { job?: never; code: string; problem: string; body: string } {
  const decoded = decodeFanoutMessage(body);
  if (!decoded.ok) return { code: "INVALID_MESSAGE", problem: decoded.problem, body };
  const { hops, ...message } = decoded.message;
  const problem = hopsProblem(hops);
  if (problem === undefined) {
    const receivedAgain = receiveCount > 1 && { receivedAgain: true as const };
    const readAtMs = readTime(decoded.message, receivedAtMs, receiveCount > 1 ? undefined : waitedMs);
    return { job: { message: decoded.message, ids: [id], readAtMs, ...receivedAgain } };
  }
  // Without the hops, so that a redrive of the letter is a new chain
  return { code: "TOO_MANY_HOPS", problem, body: encodeFanoutMessage(message) };
}

/**
 * Returns when the consumers of a part were read from the index. It adds up times that each were measured on one clock: by
 * the dispatcher, by the queue and, from now on, by this process. So it holds whatever the difference of their clocks.
 */
function readTime(
  message: FanoutMessage,
  receivedAtMs: number,
  waitedMs: number | undefined,
): number | undefined {
  if (message.kind !== "part" || message.ageMs === undefined || waitedMs === undefined) return undefined;
  return receivedAtMs - waitedMs - message.ageMs;
}

async function attempt(
  worker: FanoutContext,
  { message, receivedAgain, readAtMs }: Job,
): Promise<MessageOutcome> {
  const isAgain = receivedAgain || (message.kind === "topic" && message.again);
  const context: FanoutContext = {
    ...worker,
    ...(isAgain && { again: true }),
    ...(readAtMs !== undefined && { readAtMs }),
  };
  try {
    const handled: Handled =
      message.kind === "topic" ? await dispatch(context, message) : await workPart(context, message);
    if (handled.leased.length === 0) return { outcome: "done" };
    return {
      outcome: "retry",
      error: new Error(`offsets ${handled.leased.join(", ")} are leased to another worker`),
    };
  } catch (error) {
    context.observe({ event: "background-failure", stage: `fan-out-${message.kind}`, error });
    return { outcome: "retry", error };
  }
}

async function refuse(
  context: FanoutContext,
  { id, receiveCount: attempts }: ReceivedMessage,
  { code, problem: message, body }: { code: string; problem: string; body: string },
): Promise<MessageOutcome> {
  const reason: DeadLetterReason = { code, message, attempts };
  context.observe({ event: "message-malformed", messageId: id, reason: withoutValue(message) });
  try {
    await context.queue.deadLetter(body, reason);
    return { outcome: "done" };
  } catch (error) {
    // SQS delivers it again until the queue's own redrive policy moves it
    context.observe({ event: "background-failure", stage: "dead-letter-malformed-message", error });
    return { outcome: "retry", error };
  }
}

function byTopic(jobs: readonly Job[]): Job[][] {
  const topics = new Map<string, Job[]>();
  for (const job of jobs) {
    const { topicId } = job.message;
    topics.set(topicId, [...(topics.get(topicId) ?? []), job]);
  }
  return [...topics.values()];
}

const byOffset = (a: Job, b: Job): number =>
  (a.message.epoch > b.message.epoch ? 1 : a.message.epoch < b.message.epoch ? -1 : 0) ||
  (a.message.offsets[0] ?? 0) - (b.message.offsets[0] ?? 0);
