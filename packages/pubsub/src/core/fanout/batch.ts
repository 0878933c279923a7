import { withoutValue } from "../errors.ts";
import type { DeadLetterReason } from "../ports.ts";
import { decodeFanoutMessage } from "./decode-message.ts";
import { dispatch } from "./dispatch.ts";
import { hopsProblem } from "./hops.ts";
import { type Job, mergeMessages } from "./merge-messages.ts";
import { encodeFanoutMessage } from "./message.ts";
import { workPart } from "./part.ts";
import type { FanoutContext, Handled } from "./worker.ts";

export interface ReceivedMessage {
  id: string;
  body: string;
  /** How often the message was received, this time included. */
  receiveCount: number;
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
  const outcomes = new Map<string, MessageOutcome>();
  const jobs: Job[] = [];
  // If two messages have the same id and one failed, both are delivered again. Deleting the id would lose one
  const settle = (id: string, outcome: MessageOutcome): void => {
    if (outcomes.get(id)?.outcome !== "retry") outcomes.set(id, outcome);
  };
  for (const message of received) {
    const accepted = accept(message);
    if (accepted.job) jobs.push(accepted.job);
    else settle(message.id, await refuse(context, message, accepted));
  }
  await Promise.all(
    byTopic(mergeMessages(jobs)).map(async (topicJobs) => {
      for (const job of topicJobs.sort(byOffset)) {
        const outcome = await attempt(context, job);
        for (const id of job.ids) settle(id, outcome);
      }
    }),
  );
  return outcomes;
}

/** Returns the work that the message asks for, or the dead letter that it becomes. */
function accept({
  id,
  body,
  receiveCount,
}: ReceivedMessage): { job: Job } | { job?: never; code: string; problem: string; body: string } {
  const decoded = decodeFanoutMessage(body);
  if (!decoded.ok) return { code: "INVALID_MESSAGE", problem: decoded.problem, body };
  const { hops, ...message } = decoded.message;
  const problem = hopsProblem(hops);
  const receivedAgain = receiveCount > 1 && { receivedAgain: true as const };
  if (problem === undefined) return { job: { message: decoded.message, ids: [id], ...receivedAgain } };
  // Without the hops, so that a redrive of the letter is a new chain
  return { code: "TOO_MANY_HOPS", problem, body: encodeFanoutMessage(message) };
}

async function attempt(worker: FanoutContext, { message, receivedAgain }: Job): Promise<MessageOutcome> {
  const isAgain = receivedAgain || (message.kind === "topic" && message.again);
  const context: FanoutContext = isAgain ? { ...worker, again: true } : worker;
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
