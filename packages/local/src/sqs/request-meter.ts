import { startedUnits, type Usage } from "../cost/index.ts";
import { isRecord } from "../options/option-rules.ts";
import { messagesAt } from "./message-list.ts";

export interface RequestMeter {
  /** Counts one call. `request` and `response` are the parsed bodies. */
  count(action: string, request: unknown, response: unknown): void;
  usage(): Usage["sqs"];
}

/** https://aws.amazon.com/sqs/pricing/: each 64 KB of payload is billed as one request. */
const REQUEST_BYTES = 65_536;

export function createRequestMeter(): RequestMeter {
  const usage = { requests: 0, emptyReceives: 0 };
  return {
    usage: () => ({ ...usage }),
    count(action, request, response) {
      if (action === "ReceiveMessage") {
        const received = messagesAt(response, "Messages");
        if (received.length === 0) usage.emptyReceives++;
        else usage.requests += startedUnits(messageBytes(received), REQUEST_BYTES);
        return;
      }
      const sent = action === "SendMessageBatch" ? messagesAt(request, "Entries") : [request];
      usage.requests += startedUnits(messageBytes(sent), REQUEST_BYTES);
    },
  };
}

/** Counts a message's body and the names, types and values of its attributes. Receipt handles do not count. */
function messageBytes(messages: readonly unknown[]): number {
  let bytes = 0;
  for (const message of messages.filter(isRecord)) {
    bytes += textBytes(message.MessageBody ?? message.Body);
    for (const [name, value] of Object.entries(message.MessageAttributes ?? {})) {
      if (!isRecord(value)) continue;
      bytes += textBytes(name) + textBytes(value.DataType) + textBytes(value.StringValue);
      if (typeof value.BinaryValue === "string") bytes += Buffer.byteLength(value.BinaryValue, "base64");
    }
  }
  return bytes;
}

function textBytes(value: unknown): number {
  return typeof value === "string" ? Buffer.byteLength(value) : 0;
}
