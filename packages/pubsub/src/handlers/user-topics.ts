import type { OptionRule } from "../core/options/option-rules.ts";
import { userTopic } from "../core/reserved-topics.ts";
import type { Consumer } from "../core/types.ts";
import { type Access, type Gate, reportDecision } from "./authorize.ts";
import type { IdentityReader } from "./connection-user.ts";

/** Whether connections get what `publishToUser` sends, and in which format those that did not ask get it. */
export type UserTopics = "off" | "data" | "event";

const USER_TOPICS: readonly unknown[] = ["off", "data", "event"] satisfies UserTopics[];

export const userTopicsRule: OptionRule = {
  expected: '"off", "data" or "event"',
  accepts: (value) => USER_TOPICS.includes(value),
};

interface OwnTopic {
  gate: Pick<Gate, "observe">;
  userTopics: UserTopics;
  consumer: Consumer;
}

/**
 * Decides on a SUBSCRIBE that asks for the topic of the connection's own user. The handshake has decided already: nobody
 * else's topic can be asked for, and the hook is not called again. A revocation after the handshake ends it.
 */
export async function decideOwnTopic(
  { gate, userTopics, consumer }: OwnTopic,
  reader: IdentityReader,
): Promise<Access & { topicId: string }> {
  const identity = userTopics === "off" ? undefined : await reader.identity();
  if (identity === undefined) {
    const reason =
      userTopics === "off" ? 'userTopics is "off"' : "authorize returned no userId for its CONNECT";
    const asked = { action: "SUBSCRIBE", consumer } as const;
    reportDecision(gate.observe, asked, { verdict: "denied", reason });
    return { topicId: "the topic of your own user", verdict: "denied" };
  }
  const { userId, decidedAtMs, untilSeconds } = identity;
  const grant = { userId, issuedAtMs: decidedAtMs, expiresAtSeconds: untilSeconds };
  return { topicId: userTopic(userId), verdict: "allowed", grant };
}
