import type { ServerResponse } from "node:http";
import type { FaultAnswer } from "./fault-types.ts";
import { createRequestId } from "./ids.ts";

export interface ErrorAnswer {
  status: number;
  /** The `x-amzn-errortype` header, by which an SDK chooses its exception class. */
  errorType: string;
  /** Absent: the body is empty. */
  message?: string;
}

/** https://docs.aws.amazon.com/apigatewaymanagementapi/ documents these errors and their statuses, not the messages. */
export const answers: Readonly<Record<"gone" | "tooLarge" | "limitExceeded" | "forbidden", ErrorAnswer>> = {
  // Without a body, on which some SDKs fail: https://github.com/aws/aws-sdk-java/issues/2084
  // https://github.com/aws/aws-sdk-php/issues/2285
  gone: { status: 410, errorType: "GoneException" },
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
  // What a host without a stage returns: https://github.com/aws/aws-sdk-php/issues/1955
  // https://github.com/aws/aws-sdk-js-v3/issues/1830
  forbidden: { status: 403, errorType: "ForbiddenException", message: "Forbidden" },
};

/** The API's model has no such error, but AWS returns it: https://github.com/dherault/serverless-offline/issues/749 */
export const invalidConnectionId = (connectionId: string): ErrorAnswer => ({
  status: 400,
  errorType: "BadRequestException",
  message: `Invalid connectionId: ${connectionId}`,
});

export function sendError(response: ServerResponse, { status, errorType, message }: ErrorAnswer): void {
  const body = message === undefined ? "" : JSON.stringify({ message });
  send(response, status, { "x-amzn-errortype": errorType }, body);
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
