import { createBoundedMap } from "../bounded-map.ts";
import { wasAbandoned } from "./abandonments.ts";
import { dispatch } from "./dispatch.ts";
import type { TopicMessage } from "./message.ts";
import { createStepReader, type StepRead } from "./read-step.ts";
import type { FanoutContext } from "./worker.ts";

/** How long the publisher posts: no post begins after the first time, and none is waited for after the second. */
const POSTING_MS = 1_500;
const BUDGET_MS = 2_000;
/** How long a claim of the publisher holds. It covers the hand-over of what the budget left. */
export const INLINE_LEASE_MS = 10_000;

/** For this long after events of a topic overtook its fan-out, they go to the queue, where they are posted together. */
const FAST_MS = 1_000;
/** For this long the publisher does not ask again for the subscribers of a topic that had too many. */
const LARGE_MS = 60_000;
const TOPICS_REMEMBERED_MAX = 1_000;

/**
 * `done`: the queue holds what is left, if anything is. `queue`: nothing has begun. `queue-after-lease`: the fan-out
 * failed, and a claim of this publisher can hold until its lease ends.
 */
export type InlineOutcome = "done" | "queue" | "queue-after-lease";

/** Fans out events that were just appended. Never throws. */
export type InlineFanout = (message: TopicMessage) => Promise<InlineOutcome>;

interface Topic {
  underWay: boolean;
  queueUntilMs: number;
}

/**
 * Creates the fan-out by the publisher itself, for topics of at most `max` subscribers, with the code of the workers. The
 * queue gets what a worker can do better: larger topics, events that come faster than they can be posted, and consumers
 * that took nothing before.
 */
export function createInlineFanout(
  worker: Omit<FanoutContext, "deadlineMs" | "leaseUntilMs" | "inline">,
  max: number,
): InlineFanout {
  const { clock, queue, observe } = worker;
  const topics = createBoundedMap<Topic>(TOPICS_REMEMBERED_MAX, ({ underWay }) => !underWay);
  // One more, because a page of the index that is full does not say whether more follow
  const settings = { ...worker.settings, partSize: max + 1 };

  async function fanOut(message: TopicMessage, topic: Topic): Promise<InlineOutcome> {
    const nowMs = clock.now();
    const context: FanoutContext = {
      ...worker,
      settings,
      // Like the queue in process: its message ends with the process, and a step is one part
      queue: { durable: false, send: queue.send, deadLetter: queue.deadLetter },
      inline: true,
      deadlineMs: nowMs + POSTING_MS,
      giveUpAtMs: nowMs + BUDGET_MS,
      leaseUntilMs: nowMs + INLINE_LEASE_MS,
    };
    const reader = createStepReader(context, message.topicId);
    let read: StepRead | undefined;
    try {
      read = await reader.read(undefined);
      const isLarge = read.end !== undefined || read.subscriptions.length > max;
      if (isLarge) topic.queueUntilMs = nowMs + LARGE_MS;
      const isLate = clock.now() >= context.deadlineMs;
      if (isLarge || isLate || read.subscriptions.some(wasAbandoned)) return "queue";
      await dispatch(context, message, reader);
      return "done";
    } catch (error) {
      observe({ event: "background-failure", stage: "fan-out-inline", error });
      const isClaimed = read?.subscriptions.some(({ format }) => format !== "event");
      return isClaimed ? "queue-after-lease" : "queue";
    }
  }

  return async (message) => {
    const { topicId } = message;
    const nowMs = clock.now();
    const topic = topics.get(topicId) ?? { underWay: false, queueUntilMs: 0 };
    if (topic.underWay) topic.queueUntilMs = Math.max(topic.queueUntilMs, nowMs + FAST_MS);
    if (topic.underWay || nowMs < topic.queueUntilMs) return "queue";
    topic.underWay = true;
    topics.set(topicId, topic);
    try {
      return await fanOut(message, topic);
    } finally {
      topic.underWay = false;
    }
  };
}
