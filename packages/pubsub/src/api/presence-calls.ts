import { assertTopicId } from "../core/ids.ts";
import { checkedLater, wholeNumber } from "../core/options/option-rules.ts";
import { readMembers } from "../core/presence/members.ts";
import { type CallRules, type Configured, pubsubFor } from "./call.ts";

/** A user who is a member of a topic. */
export interface TopicMember {
  userId: string;
  /** What other members see of the user: any JSON value. Absent if neither `authorize` nor the client gave one. */
  info?: unknown;
  /** When the first of the user's connections became a member, in milliseconds since 1970. */
  since: number;
}

/** Our own limit: a connection lives for two hours, so that a longer time leaves nobody out. */
const ACTIVE_SECONDS_MAX = 7_200;

/**
 * Yields the members of a topic, by `userId`: each user once, however many connections he has. Those who left within the last
 * ten seconds are among them, because they may be reloading a page. It reads the index, which lags writes, usually by less than
 * a second, and holds all members in memory: half a read unit for about 20 connections.
 *
 * With `activeWithinSeconds`, 1 to 7,200, only users with a connection that was heard of within this time. It needs the
 * handler's option `markActivity`; without that, only those who came within this time are active. A quiet client sends a heartbeat
 * every four minutes by default, so that a time below 300 leaves out users who are there.
 *
 * Throws `INVALID_TOPIC_ID`, `INVALID_ARGUMENT`, `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * import { listMembers } from "lambda-websocket-pubsub";
 *
 * for await (const { userId, info, since } of listMembers({ topicId: "room-1", config })) {
 *   console.log(userId, info, new Date(since));
 * }
 * ```
 */
export async function* listMembers(
  request: Configured & { topicId: string; activeWithinSeconds?: number | undefined },
): AsyncGenerator<TopicMember> {
  const { ports } = pubsubFor("listMembers", request, rules.listMembers);
  const { topicId, activeWithinSeconds } = request;
  assertTopicId(topicId);
  const activeSinceMs =
    activeWithinSeconds === undefined ? undefined : ports.clock.now() - activeWithinSeconds * 1_000;
  for (const { userId, info, sinceMs: since } of await readMembers(ports, { topicId, activeSinceMs })) {
    yield { userId, ...(info !== undefined && { info: JSON.parse(info) as unknown }), since };
  }
}

const rules: CallRules<{ listMembers: typeof listMembers }> = {
  listMembers: {
    topicId: checkedLater,
    activeWithinSeconds: wholeNumber(1, ACTIVE_SECONDS_MAX),
    config: checkedLater,
  },
};
