import { isRecord } from "../options/option-rules.ts";

/**
 * Keeps the trace header of each message, as SQS does: it stores the `X-Amzn-Trace-Id` header of the request that sent
 * the message, and returns it as the system attribute `AWSTraceHeader`. fauxqs has no such attribute.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
 */
export interface TraceHeaders {
  /** `response` is the JSON that SQS returns to a SendMessage or SendMessageBatch. */
  keep(action: string, header: unknown, response: string): void;
  /** Returns the response to a ReceiveMessage, with the headers if the request asks for them. */
  addTo(request: unknown, response: string): string;
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
      const sent: unknown = JSON.parse(response);
      for (const { MessageId } of action === "SendMessage"
        ? [sent].filter(isRecord)
        : recordsAt(sent, "Successful")) {
        remember(MessageId, header);
      }
    },
    addTo(request, response) {
      if (headers.size === 0 || !wantsHeader(request)) return response;
      const received: unknown = JSON.parse(response);
      for (const message of recordsAt(received, "Messages")) {
        const header = headers.get(String(message.MessageId));
        if (header !== undefined) {
          message.Attributes = { ...(message.Attributes as object | undefined), AWSTraceHeader: header };
        }
      }
      return JSON.stringify(received);
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

function recordsAt(body: unknown, member: string): Record<string, unknown>[] {
  const list = isRecord(body) ? body[member] : undefined;
  return Array.isArray(list) ? list.filter(isRecord) : [];
}
