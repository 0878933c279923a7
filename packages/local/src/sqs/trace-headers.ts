import { isRecord } from "../options/option-rules.ts";
import { messagesAt } from "./message-list.ts";

/**
 * Keeps the trace header of each message, as SQS does: it stores the `X-Amzn-Trace-Id` header of the request that sent
 * the message, and returns it as the system attribute `AWSTraceHeader`. fauxqs has no such attribute.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
 */
export interface TraceHeaders {
  /** `response` is the parsed body that SQS returns to a SendMessage or SendMessageBatch. */
  keep(action: string, header: unknown, response: unknown): void;
  /** Adds the headers to the response to a ReceiveMessage if the request asks for them. Returns whether it did. */
  addTo(request: unknown, response: unknown): boolean;
}

/** More messages than any test has in its queues. The oldest headers go first. */
const KEPT_MAX = 200_000;

export function createTraceHeaders(): TraceHeaders {
  const headers = new Map<string, string>();

  function remember(messageId: unknown, header: string): void {
    if (typeof messageId !== "string") return;
    headers.set(messageId, header);
    const [oldest] = headers.size > KEPT_MAX ? headers.keys() : [];
    if (oldest !== undefined) headers.delete(oldest);
  }

  return {
    keep(action, header, response) {
      if (typeof header !== "string" || !/^SendMessage(Batch)?$/.test(action)) return;
      const sent =
        action === "SendMessage" ? [response].filter(isRecord) : messagesAt(response, "Successful");
      for (const { MessageId } of sent) remember(MessageId, header);
    },
    addTo(request, response) {
      if (headers.size === 0 || !wantsHeader(request)) return false;
      for (const message of messagesAt(response, "Messages")) {
        const header = headers.get(String(message.MessageId));
        if (header !== undefined) {
          message.Attributes = { ...(message.Attributes as object | undefined), AWSTraceHeader: header };
        }
      }
      return true;
    },
  };
}

/** `AttributeNames` is the parameter's older name. */
function wantsHeader(request: unknown): boolean {
  if (!isRecord(request)) return false;
  const names = [request.MessageSystemAttributeNames, request.AttributeNames].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : [],
  );
  return names.includes("All") || names.includes("AWSTraceHeader");
}
