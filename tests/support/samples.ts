/** Small functions that create the values that the ports use. */
import { randomBytes } from "node:crypto";
import type { EventToAppend } from "../../packages/pubsub/src/core/ports.ts";
import type { Consumer, StoredEvent, Subscription } from "../../packages/pubsub/src/core/types.ts";

export const DAY_SECONDS = 86_400;

export const consumerOf = (connectionId: string): Consumer => ({
  domainName: "abc123.execute-api.us-east-1.amazonaws.com",
  stage: "$default",
  connectionId,
});

export const storedEvent = (offset: number, changes: Partial<StoredEvent> = {}): StoredEvent => ({
  offset,
  publicationId: `publication-${offset}`,
  publishedAt: 1_700_000_000_000,
  json: JSON.stringify({ n: offset }),
  verbatim: false,
  ...changes,
});

export const subscriptionOf = (
  connectionId: string,
  topicId: string,
  changes: Partial<Subscription> = {},
): Subscription => ({
  consumer: consumerOf(connectionId),
  topicId,
  format: "data",
  subscribedAt: 1_700_000_000_000,
  ...changes,
});

/** Returns an event that expires in a day. */
export const eventToAppend = (
  publicationId: string,
  { nowMs, ...changes }: Partial<EventToAppend> & { nowMs: number },
): EventToAppend => ({
  publicationId,
  publishedAt: nowMs,
  json: JSON.stringify({ id: publicationId }),
  verbatim: false,
  expiresAtSeconds: Math.ceil(nowMs / 1_000) + DAY_SECONDS,
  idempotent: false,
  ...changes,
});

export async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** Resolves to the promise's rejection. Fails if the promise resolves. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}

/** 93 printable characters that JSON does not escape: random ones compress by less than a fifth. */
const PRINTABLE = Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n)).filter(
  (c) => !/["\\]/.test(c),
);

/** Returns a text that is stored as it is: to compress it would not save a fifth. */
export const incompressible = (characters: number): string =>
  Array.from(randomBytes(characters), (byte) => PRINTABLE[byte % PRINTABLE.length]).join("");
