import type { Status } from "./sink-ledger.ts";

/** The responses of API Gateway. They are created once, because only the status differs between posts. */
export const RESPONSES: Readonly<Record<Status, Buffer>> = {
  200: createResponse("200 OK", []),
  429: createResponse(
    "429 Too Many Requests",
    ["x-amzn-ErrorType: LimitExceededException"],
    '{"message":"Rate exceeded"}',
  ),
};

export const BAD_REQUEST: Buffer = createResponse("400 Bad Request", ["Connection: close"]);

function createResponse(status: string, headers: readonly string[], body: string = ""): Buffer {
  const head = [
    `HTTP/1.1 ${status}`,
    `Date: ${new Date().toUTCString()}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "x-amzn-RequestId: 6f1c0f8e-1f0e-4e6c-9d58-0c1a6f6f2f11",
    ...headers,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`, "latin1");
}
