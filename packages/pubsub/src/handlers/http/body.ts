import { describeValue, PubsubError } from "../../core/errors.ts";
import { isRecord } from "../../core/options/option-rules.ts";
import type { HttpEvent } from "./http-types.ts";
import { HttpProblem } from "./problem.ts";

/** Our own limit: how many events one request may publish. All of them are in memory together. */
export const EVENTS_PER_REQUEST_MAX = 100;

export interface EventToPublish {
  data: unknown;
  publicationId?: string | undefined;
}

/** One event, or a list of them. */
export type PublishBody =
  | { list: false; events: [EventToPublish] }
  | { list: true; events: EventToPublish[] };

/**
 * Decodes the body of a POST. Throws 415, and `INVALID_ARGUMENT` for the whole request if an event has not the right shape: a
 * program that misspells `publicationId` must not publish the half of its list without idempotency.
 */
export function decodePublishBody(event: HttpEvent): PublishBody {
  assertJson(event);
  const value = parse(bodyOf(event));
  if (!Array.isArray(value)) return { list: false, events: [decodeEvent("the body", value)] };
  if (value.length < 1 || value.length > EVENTS_PER_REQUEST_MAX) {
    const expected = `the body must be an event, or an array of 1 to ${EVENTS_PER_REQUEST_MAX} events`;
    throw invalidBody(expected, `an array of ${value.length}`);
  }
  return { list: true, events: value.map((each, index) => decodeEvent(`[${index}]`, each)) };
}

/**
 * The media type is required also because a web page can send a form to any address, but JSON only where CORS allows it.
 */
function assertJson({ headers }: HttpEvent): void {
  const [type = "", ...parameters] = (headerOf(headers, "content-type") ?? "").split(";");
  const charset = parameters.map((each) => /^\s*charset="?([^"]*)"?\s*$/i.exec(each)?.[1]).find(Boolean);
  const isUtf8 = charset === undefined || /^utf-?8$/i.test(charset);
  const encoding = headerOf(headers, "content-encoding") ?? "identity";
  if (/^application\/json$/i.test(type.trim()) && isUtf8 && /^identity$/i.test(encoding.trim())) return;
  const message =
    "content-type must be application/json, in UTF-8 and without content-encoding; got something else";
  throw new HttpProblem(415, "UNSUPPORTED_MEDIA_TYPE", message, {
    headers: { "accept-post": "application/json" },
  });
}

/** Returns a header's value. AWS passes names in lower case; a test may not. */
export function headerOf(headers: HttpEvent["headers"], name: string): string | undefined {
  if (!isRecord(headers)) return undefined;
  const key = Object.keys(headers).find((each) => each.toLowerCase() === name);
  const value = key === undefined ? undefined : headers[key];
  return typeof value === "string" ? value : undefined;
}

const utf8Decoder = new TextDecoder("utf-8", { fatal: true });

function bodyOf({ body, isBase64Encoded }: HttpEvent): string {
  if (typeof body !== "string") return "";
  if (isBase64Encoded !== true) return body;
  try {
    return utf8Decoder.decode(Buffer.from(body, "base64"));
  } catch {
    throw invalidBody("the body must be JSON in UTF-8", "bytes that are not UTF-8");
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalidBody("the body must be JSON", `${text.length} characters that are not`);
  }
}

/** A message names only fields, because the values are the publication's data. */
function decodeEvent(name: string, value: unknown): EventToPublish {
  const expected = `${name} must be { data, publicationId? }`;
  if (!isRecord(value)) throw invalidBody(expected, typeOf(value));
  if (!Object.hasOwn(value, "data")) throw invalidBody(expected, "an object without data");
  const others = Object.keys(value).filter((key) => key !== "data" && key !== "publicationId");
  if (others.length > 0) throw invalidBody(expected, `an object with ${describeValue(others[0])} too`);
  const { data, publicationId } = value;
  if (publicationId === undefined) return { data };
  if (typeof publicationId !== "string") {
    throw invalidBody(`publicationId of ${name} must be a string`, typeOf(publicationId));
  }
  return { data, publicationId };
}

const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;

const invalidBody = (expected: string, got: string): PubsubError =>
  new PubsubError("INVALID_ARGUMENT", `${expected}; got ${got}`);
