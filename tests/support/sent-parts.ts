import type { CallSubject, LocalStack } from "lambda-websocket-pubsub-local";
import { decodeFanoutMessage } from "../../packages/pubsub/src/core/fanout/decode-message.ts";

/** A part that a worker sent to the queue. */
export interface SentPart {
  topicId: string;
  epoch: string;
  offsets: readonly number[];
  unit: string;
  connectionIds: readonly string[];
}

/** Calls `onPart` with each part that a process sends to the queue, until the returned function is called. */
export function watchParts(
  { faults }: LocalStack,
  onPart: (part: SentPart, caller: string) => void,
): () => void {
  // The rule never hits. It only sees the calls
  return faults.sqs({
    delayMs: 0,
    match(call) {
      for (const part of sentParts(call)) onPart(part, call.caller);
      return false;
    },
  });
}

/** Returns the parts that the call sends to the queue. */
function sentParts({ operation, body }: CallSubject): SentPart[] {
  if (operation !== "SendMessage" && operation !== "SendMessageBatch") return [];
  const { Entries = [body] } = body as { Entries?: readonly { MessageBody?: unknown }[] };
  return Entries.flatMap(({ MessageBody }) => {
    const decoded = decodeFanoutMessage(String(MessageBody));
    if (!decoded.ok || decoded.message.kind !== "part") return [];
    const { topicId, epoch, offsets, unit, consumers } = decoded.message;
    const connectionIds = consumers.map(({ consumer }) => consumer.connectionId);
    return [{ topicId, epoch, offsets, unit, connectionIds }];
  });
}
