import { aSignal, aToken, aTopicId, type Check, checkArgument, checkOptions } from "./check.ts";
import { PubsubClientError, type PubsubClientErrorCode } from "./errors.ts";
import { isString } from "./is.ts";
import { PUBLICATION_ID_LENGTH_MAX, PUBLISH_BYTES_MAX, PUBLISH_LABELS_BYTES } from "./limits.ts";
import { createNonce } from "./nonce.ts";
import type { PublishRequest } from "./request.ts";
import type { Published, PublishOptions, TopicToken } from "./types.ts";

/** One call of `publish`. */
export interface Publication {
  /** Its `data` is a copy, as the server and other clients will have it. */
  readonly request: PublishRequest;
  readonly token: TopicToken | undefined;
  readonly bytes: number;
  /** How many attempts have begun. One whose token function fails is an attempt, too. */
  tries: number;
  /** Whether its promise is settled. */
  readonly isOver: boolean;
  resolve(published: Published): void;
  reject(error: PubsubClientError): void;
}

const isPublicationId = (value: unknown): boolean =>
  isString(value) && value.length > 0 && value.length <= PUBLICATION_ID_LENGTH_MAX;

const PUBLISH_CHECKS: Record<keyof PublishOptions, Check> = {
  publicationId: [`a string of 1 to ${PUBLICATION_ID_LENGTH_MAX} characters`, isPublicationId],
  token: aToken,
  signal: aSignal,
};

/** JSON escapes only those surrogates that are alone. The backslash before their `u` is not itself escaped. */
const LONE_SURROGATE = /(^|[^\\])(\\\\)*\\ud/;

/** Checks the arguments of `publish`. Throws `INVALID_ARGUMENT`. */
export function checkPublication(
  topicId: string,
  data: unknown,
  options: PublishOptions,
  random: () => number,
): { request: PublishRequest; token: TopicToken | undefined; signal: AbortSignal | undefined } {
  checkArgument("topicId", topicId, aTopicId);
  const { publicationId, token, signal } = checkOptions<PublishOptions>("options", options, PUBLISH_CHECKS);
  const request: PublishRequest = {
    action: "PUBLISH",
    topicId,
    data: copyOf(data),
    // `randomUUID` exists only in pages that came over HTTPS
    publicationId: publicationId ?? globalThis.crypto?.randomUUID?.() ?? createNonce(random),
  };
  return { request, token, signal };
}

function copyOf(data: unknown): unknown {
  let json: string | undefined;
  let cause: unknown;
  try {
    json = JSON.stringify(data);
  } catch (error) {
    cause = error;
  }
  if (json !== undefined && !LONE_SURROGATE.test(json)) return JSON.parse(json);
  const why = json === undefined ? `a value (${typeof data}) that is not` : "text with a lone surrogate";
  throw new PubsubClientError("INVALID_ARGUMENT", `data must be JSON; got ${why}`, { cause });
}

/** Returns how long the message is. Throws `INVALID_ARGUMENT` if it is too long. */
export function checkSize(request: PublishRequest, token: TopicToken | undefined): number {
  const text = JSON.stringify({ ...request, token: isString(token) ? token : undefined });
  // Every byte that is not ASCII becomes %XX, and so does the percent sign
  const bytes = encodeURI(text).replace(/%../g, "-").length + PUBLISH_LABELS_BYTES;
  if (bytes <= PUBLISH_BYTES_MAX) return bytes;
  const message = `the message of data and token must be at most ${PUBLISH_BYTES_MAX} bytes; got ${bytes}`;
  throw new PubsubClientError("INVALID_ARGUMENT", message);
}

/** Returns an error with what the caller needs to publish the same again. */
export function publishError(
  code: PubsubClientErrorCode,
  why: string,
  { request: { topicId, publicationId }, tries }: Pick<Publication, "request" | "tries">,
  { cause, context }: { cause?: unknown; context?: object } = {},
): PubsubClientError {
  const message = `${publicationId} to ${topicId}: ${why}`;
  return new PubsubClientError(code, message, {
    cause,
    context: { ...context, topicId, publicationId, tries },
  });
}
