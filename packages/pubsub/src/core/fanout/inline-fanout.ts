import { createBoundedMap } from "../bounded-map.ts";
import { consumerId } from "../consumer.ts";
import { wasAbandoned } from "./abandonments.ts";
import { dispatch } from "./dispatch.ts";
import type { TopicMessage } from "./message.ts";
import { pendingAt } from "./pending-at.ts";
import { createStepReader, type StepRead, type StepReader } from "./read-step.ts";
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

/** What was read before the append. Undefined if it could not be read. */
export type EarlyRead = Promise<StepRead | undefined>;

export interface InlineFanout {
  /**
   * Begins to read the topic's subscribers while the events are appended, if the last fan-out says that this helps. They
   * are read again after the append, so that nobody is missed who subscribed meanwhile: half a read unit more, and the
   * posts begin a query earlier. Never throws.
   */
  readEarly(topicId: string): EarlyRead | undefined;
  /** Fans out events that were just appended. Never throws. */
  fanOut(message: TopicMessage, early?: EarlyRead): Promise<InlineOutcome>;
}

interface Topic {
  underWay: boolean;
  queueUntilMs: number;
  /** Whether its subscribers can be posted to as soon as they are known: they are few, and none needs a claim. */
  isSimple: boolean;
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

  const isLarge = ({ end, subscriptions }: StepRead): boolean =>
    end !== undefined || subscriptions.length > max;
  const isSimple = (read: StepRead): boolean =>
    read.subscriptions.length > 0 &&
    !isLarge(read) &&
    read.subscriptions.every(({ format }) => format === "event") &&
    !read.subscriptions.some(wasAbandoned);

  function contextAt(nowMs: number): FanoutContext {
    return {
      ...worker,
      settings,
      // Like the queue in process: its message ends with the process, and a step is one part
      queue: { durable: false, send: queue.send, deadLetter: queue.deadLetter },
      inline: true,
      deadlineMs: nowMs + POSTING_MS,
      giveUpAtMs: nowMs + BUDGET_MS,
      leaseUntilMs: nowMs + INLINE_LEASE_MS,
    };
  }

  async function fanOutInTime(
    message: TopicMessage,
    topic: Topic,
    early: StepRead | undefined,
  ): Promise<InlineOutcome> {
    const nowMs = clock.now();
    const context = contextAt(nowMs);
    const reader = createStepReader(context, message.topicId);
    let read: StepRead | undefined;
    try {
      if (early && isSimple(early)) {
        reader.readAhead(undefined);
        await dispatch({ ...context, unread: missingFrom(reader) }, message, known(early));
        topic.isSimple = isSimple(await reader.read(undefined));
        return "done";
      }
      read = await reader.read(undefined);
      topic.isSimple = isSimple(read);
      if (isLarge(read)) topic.queueUntilMs = nowMs + LARGE_MS;
      const isLate = clock.now() >= context.deadlineMs;
      if (isLarge(read) || isLate || read.subscriptions.some(wasAbandoned)) return "queue";
      await dispatch(context, message, reader);
      return "done";
    } catch (error) {
      topic.isSimple = false;
      observe({ event: "background-failure", stage: "fan-out-inline", error });
      const isClaimed = read?.subscriptions.some(({ format }) => format !== "event");
      return isClaimed ? "queue-after-lease" : "queue";
    }
  }

  const isQueued = ({ underWay, queueUntilMs }: Topic): boolean => underWay || clock.now() < queueUntilMs;

  return {
    readEarly(topicId) {
      const topic = topics.get(topicId);
      if (!topic?.isSimple || isQueued(topic)) return undefined;
      const reader = createStepReader(contextAt(clock.now()), topicId);
      // The read after the append reports what fails
      return reader.read(undefined).catch(() => undefined);
    },
    async fanOut(message, early) {
      const { topicId } = message;
      const topic = topics.get(topicId) ?? { underWay: false, queueUntilMs: 0, isSimple: false };
      if (topic.underWay) topic.queueUntilMs = Math.max(topic.queueUntilMs, clock.now() + FAST_MS);
      if (isQueued(topic)) return "queue";
      topic.underWay = true;
      topics.set(topicId, topic);
      try {
        return await fanOutInTime(message, topic, await early);
      } finally {
        topic.underWay = false;
      }
    },
  };
}

const known = (read: StepRead): StepReader => ({ read: async () => read, readAhead() {} });

/** Returns those who subscribed between the read before the append and the one after it. */
function missingFrom(reader: StepReader): NonNullable<FanoutContext["unread"]> {
  return async (events, posted) => {
    const { subscriptions, end } = await reader.read(undefined);
    // The queue then does all of it again: clients drop repeats by their offsets
    if (end !== undefined) throw new Error("the topic's subscribers became too many during the append");
    const isPosted = new Set(posted.map(({ consumer }) => consumerId(consumer)));
    return pendingAt(
      events,
      subscriptions.filter(({ consumer }) => !isPosted.has(consumerId(consumer))),
    );
  };
}
