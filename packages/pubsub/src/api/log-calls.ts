import { PubsubError } from "../core/errors.ts";
import { assertTopicId } from "../core/ids.ts";
import { currentPosition } from "../core/log/position.ts";
import { readEvents } from "../core/log/read.ts";
import { checkedLater, wholeNumber } from "../core/options/option-rules.ts";
import { LAST_MAX } from "../core/subscribe-history.ts";
import type { TopicEvent } from "../core/types.ts";
import { type CallRules, type Configured, epoch, pubsubFor } from "./call.ts";

/**
 * Yields the events of a topic that the log still keeps, in ascending order, from the one after offset `after`
 * (default 0), and at most `limit` of them (default all). With `last`, it yields the newest `last` events instead, 1 to 1,000,
 * also in ascending order, with one query from the end of the log: `last` cannot be combined with `after` or `limit`.
 * `epoch` is the current one by default. The read is strongly consistent. It holds one page at a time, or the `last` events.
 *
 * Throws `INVALID_TOPIC_ID`, `INVALID_ARGUMENT`, `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * for await (const { offset, data } of readTopicEvents({ topicId: "room-1", after: 41, config })) {
 *   console.log(offset, data);
 * }
 * for await (const { data } of readTopicEvents({ topicId: "room-1", last: 50, config })) console.log(data);
 * ```
 */
export async function* readTopicEvents(
  request: Configured & {
    topicId: string;
    epoch?: string | undefined;
    after?: number | undefined;
    last?: number | undefined;
    limit?: number | undefined;
  },
): AsyncGenerator<TopicEvent> {
  const { ports } = pubsubFor("readTopicEvents", request, rules.readTopicEvents);
  const { topicId, epoch, after, last, limit } = request;
  assertTopicId(topicId);
  const other = after === undefined ? (limit === undefined ? undefined : "limit") : "after";
  if (last !== undefined && other !== undefined) {
    const problem = `last cannot be combined with ${other}: it says itself where to begin and how many events to yield`;
    throw new PubsubError("INVALID_ARGUMENT", problem);
  }
  if (limit === 0) return;
  yield* readEvents(ports, { topicId, epoch, after, last, limit });
}

/**
 * Returns the topic's current position: every event that is published after this call began has a higher offset, or is
 * in a later epoch. Read it before the state that the events change. A client that gets both applies the events after the
 * position, and misses none; an event that the state already contains can come again.
 *
 * The read is strongly consistent. For a topic without events it records the epoch that the first event will have, which
 * takes one write: the caller's role needs `dynamodb:PutItem` for that.
 *
 * Throws `INVALID_TOPIC_ID`, `INVALID_ARGUMENT`, `STORAGE_FAILED`, `APPEND_CONTENDED`.
 *
 * @example
 * ```ts
 * import { getTopicPosition } from "lambda-websocket-pubsub";
 *
 * const position = await getTopicPosition({ topicId: "room-1", config });
 * const state = await loadRoom("room-1"); // after the position
 * return { state, position }; // a client subscribes with `since: position`
 * ```
 */
export async function getTopicPosition(
  request: Configured & { topicId: string },
): Promise<{ epoch: string; offset: number }> {
  const { ports, logSettings } = pubsubFor("getTopicPosition", request, rules.getTopicPosition);
  const { topicId } = request;
  assertTopicId(topicId);
  const { epoch: current, offset } = await currentPosition(ports, topicId, logSettings);
  return { epoch: current, offset };
}

const rules: CallRules<{
  readTopicEvents: typeof readTopicEvents;
  getTopicPosition: typeof getTopicPosition;
}> = {
  readTopicEvents: {
    topicId: checkedLater,
    epoch,
    after: wholeNumber(0),
    last: wholeNumber(1, LAST_MAX),
    limit: wholeNumber(0),
    config: checkedLater,
  },
  getTopicPosition: { topicId: checkedLater, config: checkedLater },
};
