import type { CallSubject } from "lambda-websocket-pubsub-local";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import type { LineOf } from "../lines.ts";

/** Returns a line for each part that the call sends to the queue. */
export function sentParts(
  { operation, body, caller }: CallSubject,
  whoIs: (connectionId: string) => string,
): LineOf<"sent">[] {
  if (operation !== "SendMessage" && operation !== "SendMessageBatch") return [];
  const { Entries = [body] } = body as { Entries?: readonly { MessageBody?: unknown }[] };
  return Entries.flatMap(({ MessageBody }) => {
    const decoded = decodeFanoutMessage(String(MessageBody));
    if (!decoded.ok || decoded.message.kind !== "part") return [];
    const { topicId: topic, epoch, offsets, unit, consumers } = decoded.message;
    const to = consumers.map(({ consumer }) => whoIs(consumer.connectionId));
    return [{ at: Date.now(), k: "sent", topic, epoch, offsets, unit, to, caller }];
  });
}
