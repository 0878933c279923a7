import { withoutValue } from "../errors.ts";
import { EVENTS_PER_RUN_MAX } from "../limits.ts";
import { decodeFanoutMessage } from "./decode-message.ts";
import type { PageMessage, RedeliveryMessage } from "./message.ts";
import { fanOutPage } from "./page.ts";
import { redeliver } from "./redelivery.ts";
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
    const decoded = decodeFanoutMessage(message.body);
    if (decoded.ok) jobs.push({ message: decoded.message, ids: [message.id] });
    else settle(message.id, await refuse(context, message, decoded.problem));
  }
  await Promise.all(
    byTopic(mergePages(jobs)).map(async (topicJobs) => {
      for (const job of topicJobs.sort(byOffset)) {
        const outcome = await attempt(context, job);
        for (const id of job.ids) settle(id, outcome);
      }
    }),
  );
  return outcomes;
}

interface Job {
  message: PageMessage | RedeliveryMessage;
  ids: string[];
}

async function attempt(context: FanoutContext, { message }: Job): Promise<MessageOutcome> {
  try {
    const handled: Handled =
      message.kind === "page" ? await fanOutPage(context, message) : await redeliver(context, message);
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
  received: ReceivedMessage,
  reason: string,
): Promise<MessageOutcome> {
  context.observe({ event: "message-malformed", messageId: received.id, reason: withoutValue(reason) });
  try {
    const attempts = received.receiveCount;
    await context.queue.deadLetter(received.body, { code: "INVALID_MESSAGE", message: reason, attempts });
    return { outcome: "done" };
  } catch (error) {
    // SQS delivers it again until the queue's own redrive policy moves it
    context.observe({ event: "background-failure", stage: "dead-letter-malformed-message", error });
    return { outcome: "retry", error };
  }
}

/** Merges messages for the same page of the same topic, so that the index is read once for all of them. */
function mergePages(jobs: readonly Job[]): Job[] {
  const merged: Job[] = [];
  const open = new Map<string, Job & { message: PageMessage }>();
  for (const job of jobs) {
    const { message, ids } = job;
    if (message.kind !== "page") {
      merged.push(job);
      continue;
    }
    const key = JSON.stringify([message.topicId, message.epoch, message.page, message.cursor]);
    const into = open.get(key);
    const both = into && mergeRuns(into.message, message);
    if (into && both) {
      into.message = both;
      into.ids.push(...ids);
    } else {
      const begun = { message, ids: [...ids] };
      open.set(key, begun);
      merged.push(begun);
    }
  }
  return merged;
}

function mergeRuns(one: PageMessage, other: PageMessage): PageMessage | undefined {
  const offsets = [...new Set([...one.offsets, ...other.offsets])].sort((a, b) => a - b);
  if (offsets.length > EVENTS_PER_RUN_MAX) return undefined;
  const { events: _, ...run } = one;
  const known = new Map(
    [...(one.events ?? []), ...(other.events ?? [])].map((event) => [event.offset, event]),
  );
  const events = offsets.flatMap((offset) => known.get(offset) ?? []);
  return { ...run, offsets, ...(events.length > 0 && { events }) };
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
