import type { CallSubject, LocalStack, PostRecord } from "lambda-websocket-pubsub-local";
import { decodeMembersMessage } from "../../../packages/pubsub/src/core/presence/message.ts";
import { membersTopic } from "../../../packages/pubsub/src/core/reserved-topics.ts";

/** What presence has sent so far. */
export interface Tally {
  /** Messages that ask for a look at a topic's members. */
  ticks: number;
  /** Posts of events of members topics, with those that failed. */
  posts: number;
  /** The connections for which the gateway itself returned 410, with the time of the first. */
  gone: Map<string, number>;
  onPost(post: PostRecord): void;
  watch(stack: LocalStack): void;
}

const MEMBERS = `"topicId":"${membersTopic("")}`;

export function createTally(): Tally {
  const tally: Tally = {
    ticks: 0,
    posts: 0,
    gone: new Map(),
    onPost({ body, connectionId, status, cause, atMs }) {
      if (body?.includes(MEMBERS)) tally.posts += 1;
      const isReal = status === 410 && cause === undefined;
      if (isReal && !tally.gone.has(connectionId)) tally.gone.set(connectionId, atMs);
    },
    watch({ faults }) {
      // The rule never hits. It only sees the calls
      faults.sqs({
        delayMs: 0,
        match(call) {
          tally.ticks += countTicks(call);
          return false;
        },
      });
    },
  };
  return tally;
}

function countTicks({ operation, body }: CallSubject): number {
  if (operation !== "SendMessage" && operation !== "SendMessageBatch") return 0;
  const { Entries = [body] } = body as { Entries?: readonly { MessageBody?: unknown }[] };
  return Entries.filter(({ MessageBody }) => decodeMembersMessage(String(MessageBody))).length;
}
