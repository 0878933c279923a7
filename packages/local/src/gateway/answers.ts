import type { ServerResponse } from "node:http";
import type { FaultAnswer } from "./fault-types.ts";
import { createRequestId } from "./ids.ts";

export interface ErrorAnswer {
  status: number;
  /** The `x-amzn-errortype` header, by which an SDK chooses its exception class. */
  errorType: string;
  message: string;
}

/** https://docs.aws.amazon.com/apigatewaymanagementapi/ documents these errors and their statuses, not the messages. */
export const answers: Readonly<Record<"gone" | "tooLarge" | "limitExceeded" | "forbidden", ErrorAnswer>> = {
  gone: {
    status: 410,
    errorType: "GoneException",
    message: "The connection with the provided id no longer exists.",
  },
  tooLarge: {
    status: 413,
    errorType: "PayloadTooLargeException",
    message: "The data has exceeded the maximum size allowed.",
  },
  limitExceeded: {
    status: 429,
    errorType: "LimitExceededException",
    message:
      "The client is sending more than the allowed number of requests per unit of time or the WebSocket client side buffer is full.",
  },
  forbidden: { status: 403, errorType: "ForbiddenException", message: "Forbidden" },
};

export function sendError(response: ServerResponse, { status, errorType, message }: ErrorAnswer): void {
  send(response, status, { "x-amzn-errortype": errorType }, JSON.stringify({ message }));
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, {}, JSON.stringify(value));
}

export function sendEmpty(response: ServerResponse, status: number): void {
  send(response, status, {}, "");
}

export function sendFault(response: ServerResponse, fault: FaultAnswer): void {
  const errorType = fault.errorType === undefined ? {} : { "x-amzn-errortype": fault.errorType };
  const body = fault.body ?? JSON.stringify({ message: fault.errorType ?? "Ordered by a fault rule" });
  send(response, fault.status, { ...errorType, ...fault.headers }, body);
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  if (response.destroyed || response.headersSent) return;
  const length = Buffer.byteLength(body);
  response.writeHead(status, {
    "x-amzn-requestid": createRequestId(),
    ...(length === 0 ? {} : { "content-type": "application/json" }),
    // A 204 must not have this header (RFC 9110, section 8.6).
    ...(status === 204 ? {} : { "content-length": length }),
    ...headers,
  });
  response.end(status === 204 ? undefined : body);
}
