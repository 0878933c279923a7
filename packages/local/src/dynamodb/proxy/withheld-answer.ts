import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnswerEnds } from "./answer-ends.ts";

/** Reads the whole text of a response that is not forwarded as it arrives. */
export async function withheldAnswer(answer: IncomingMessage, ends: AnswerEnds): Promise<string> {
  const chunks: Buffer[] = [];
  answer.on("data", (chunk: Buffer) => {
    ends.push(chunk);
    chunks.push(chunk);
  });
  await once(answer, "end");
  return Buffer.concat(chunks).toString();
}

export function sendJson(outgoing: ServerResponse, status: number, body: string): void {
  outgoing.writeHead(status, {
    "content-type": "application/x-amz-json-1.0",
    "content-length": Buffer.byteLength(body),
  });
  outgoing.end(body);
}
