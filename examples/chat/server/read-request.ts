import type { IncomingMessage } from "node:http";
import { type ChatMessage, NAME_LENGTH_MAX, ROOM_PATTERN, TEXT_LENGTH_MAX } from "../src/message.ts";

export interface PublishRequest extends ChatMessage {
  room: string;
  publicationId: string;
}

/** An error of the caller, who sees the message. */
export class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Enough for the longest text with every character escaped in JSON, and for the other fields. */
const BODY_BYTES_MAX = 16_384;

const FIELDS: Record<keyof PublishRequest, { expected: string; accepts(value: string): boolean }> = {
  room: {
    expected: "1 to 64 letters, digits, dots, underscores and hyphens",
    accepts: (value) => ROOM_PATTERN.test(value),
  },
  publicationId: {
    expected: "a UUID",
    accepts: (value) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value),
  },
  name: { expected: `1 to ${NAME_LENGTH_MAX} characters`, accepts: lengthUpTo(NAME_LENGTH_MAX) },
  text: { expected: `1 to ${TEXT_LENGTH_MAX} characters`, accepts: lengthUpTo(TEXT_LENGTH_MAX) },
};

/** Reads and checks the body. Throws `RequestError`. */
export async function readRequest(request: IncomingMessage): Promise<PublishRequest> {
  if (request.method !== "POST") throw new RequestError(405, "the method must be POST");
  // A page of another site can send plain text without a preflight request, but not JSON
  if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "")) {
    throw new RequestError(415, "content-type must be application/json");
  }
  return checked(parse(await readBody(request)));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Otherwise a throw in the loop would destroy the socket before the response is sent
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new RequestError(413, `the body is over ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new RequestError(400, "the body is not JSON");
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new RequestError(400, "the body must be a JSON object");
}

function checked(value: Record<string, unknown>): PublishRequest {
  const unknownField = Object.keys(value).find((field) => !Object.hasOwn(FIELDS, field));
  if (unknownField !== undefined) throw new RequestError(400, "the body has a field that is not known");
  for (const [field, { expected, accepts }] of Object.entries(FIELDS)) {
    const given = Object.hasOwn(value, field) ? value[field] : undefined;
    if (typeof given !== "string" || !accepts(given))
      throw new RequestError(400, `${field} must be ${expected}`);
  }
  return value as unknown as PublishRequest;
}

function lengthUpTo(max: number): (value: string) => boolean {
  return (value) => value.trim() !== "" && value.length <= max;
}
