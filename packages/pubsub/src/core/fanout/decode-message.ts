import { describeValue } from "../errors.ts";
import { idProblem, topicIdProblem } from "../ids.ts";
import { isJson } from "../json.ts";
import { EVENTS_PER_RUN_MAX } from "../limits.ts";
import { isEpoch } from "../log/epoch.ts";
import { isNonce } from "../nonce.ts";
import { isCursor } from "../subscriptions/shard-cursor.ts";
import { traceField } from "../tracing.ts";
import type { StoredEvent } from "../types.ts";
import { echoesField } from "./echoes.ts";
import { type Echo, type FanoutMessage, KIND_IN_QUEUE, type PendingConsumer } from "./message.ts";
import { isUnit } from "./units.ts";

export type DecodedMessage = { ok: true; message: FanoutMessage } | { ok: false; problem: string };

/** Limits the work of one message. The messages that this library writes name at most 1,000 consumers. */
const CONSUMERS_MAX = 10_000;

/** Decodes a body from the queue. Returns the message, or the problem if the body is malformed. Never throws. */
export function decodeFanoutMessage(body: string): DecodedMessage {
  try {
    return { ok: true, message: decode(JSON.parse(body) as unknown) };
  } catch (error) {
    const reason = error instanceof Malformed ? error.message : `not JSON (${body.length} characters)`;
    return { ok: false, problem: reason };
  }
}

class Malformed extends Error {}

function decode(value: unknown): FanoutMessage {
  const body = record("the message", value);
  expect("v", body.v === 1, "1", body.v);
  const { kind, topicId, epoch } = body;
  const problem = topicIdProblem(topicId);
  if (problem) throw new Malformed(problem);
  if (!isEpoch(epoch)) throw unexpected("epoch", "9 characters of base 36", epoch);
  const offsets = array("offsets", body.offsets, EVENTS_PER_RUN_MAX).map((offset) =>
    whole("an offset", offset, 1),
  );
  const ascending = offsets.length > 0 && offsets.every((offset, i) => offset > (offsets[i - 1] ?? 0));
  expect("offsets", ascending, "ascending, at least one", offsets);
  const hops = body.hops === undefined ? 0 : whole("hops", body.hops, 0);
  const common = { topicId: String(topicId), epoch, offsets, ...(hops > 0 && { hops }) };
  const run = { ...common, ...decodeEvents(body.events, offsets), ...decodeEchoes(body.echoes, offsets) };
  if (kind === KIND_IN_QUEUE.topic) {
    const { cursor } = body;
    const again = body.again === true && { again: true as const };
    const topic = { kind: "topic" as const, ...run, step: whole("page", body.page, 1), ...again };
    if (cursor === undefined) return topic;
    if (!isCursor(cursor))
      throw unexpected("cursor", "a string of 1 to 2048 bytes, or a place in several shards", cursor);
    return { ...topic, cursor };
  }
  if (kind !== KIND_IN_QUEUE.part) throw unexpected("kind", '"page" or "redelivery"', kind);
  const { unit } = body;
  if (typeof unit !== "string" || !isUnit(unit)) throw unexpected("unit", "a unit of the ledger", unit);
  const attempt = whole("attempt", body.attempt, 1);
  const age = body.ageMs === undefined ? {} : { ageMs: whole("ageMs", body.ageMs, 0) };
  return { kind: "part", ...run, unit, attempt, ...age, consumers: decodeConsumers(body.endpoints, offsets) };
}

function decodeEvents(value: unknown, offsets: readonly number[]): { events?: StoredEvent[] } {
  if (value === undefined) return {};
  const events = array("events", value, EVENTS_PER_RUN_MAX).map((entry): StoredEvent => {
    const { offset, publicationId, publishedAt, json, verbatim, traceparent } = record("an event", entry);
    if (typeof publicationId !== "string") throw unexpected("publicationId", "a string", publicationId);
    if (typeof json !== "string" || !isJson(json, verbatim === true))
      // Without the value: a payload must not get into logs or into the dead-letter queue's attributes
      throw new Malformed(`json must be JSON text; got a value of type ${typeof json}`);
    if (typeof verbatim !== "boolean") throw unexpected("verbatim", "true or false", verbatim);
    return {
      offset: whole("offset", offset, 1),
      publicationId,
      publishedAt: whole("publishedAt", publishedAt, 0),
      json,
      verbatim,
      ...traceField(traceparent),
    };
  });
  const complete =
    events.length === offsets.length && events.every((event, i) => event.offset === offsets[i]);
  expect("events", complete, "the events at the message's offsets, in order", value);
  return { events };
}

function decodeEchoes(value: unknown, offsets: readonly number[]): { echoes?: readonly Echo[] } {
  if (value === undefined) return {};
  const echoes = array("echoes", value, EVENTS_PER_RUN_MAX).map((entry): Echo => {
    const [offset, domainName, stage, connectionId] = array("an echo", entry, 4);
    const at = whole("the offset of an echo", offset, 1);
    expect("the offset of an echo", offsets.includes(at), "one of the offsets", offset);
    const place = { domainName: part("domainName", domainName), stage: part("stage", stage) };
    return { offset: at, consumer: { ...place, connectionId: name("connectionId", connectionId) } };
  });
  return echoesField(echoes);
}

function decodeConsumers(value: unknown, offsets: readonly number[]): PendingConsumer[] {
  const consumers = array("endpoints", value, CONSUMERS_MAX).flatMap((endpoint) => {
    const { domainName, stage, connections, abandoned, nonces, ends, latest, members } = record(
      "an endpoint",
      endpoint,
    );
    const abandonmentsOf = decodeByIndex("abandoned", abandoned, decodeAbandoned);
    const endOf = decodeByIndex("ends", ends, decodeEnd);
    const latestOf = decodeByIndex("latest", latest, decodeLatest);
    const memberOf = decodeByIndex("members", members, decodeMember);
    const place = { domainName: part("domainName", domainName), stage: part("stage", stage) };
    const entries = array("connections", connections, CONSUMERS_MAX);
    const own = decodeNonces(nonces, entries.length);
    return entries.map((entry, index): PendingConsumer => {
      const [connectionId, format, subscribedAt, from] = array("a connection", entry, 4);
      if (format !== "data" && format !== "event") throw unexpected("format", '"data" or "event"', format);
      const first = whole("from", from, 1);
      expect("from", offsets.includes(first), "one of the offsets", from);
      const nonce = own[index];
      const expiresAtSeconds = endOf.get(index);
      return {
        consumer: { ...place, connectionId: name("connectionId", connectionId) },
        format,
        subscribedAt: whole("subscribedAt", subscribedAt, 0),
        from: first,
        ...abandonmentsOf.get(index),
        ...latestOf.get(index),
        ...memberOf.get(index),
        ...(nonce && { nonce }),
        ...(expiresAtSeconds !== undefined && { expiresAtSeconds }),
      };
    });
  });
  expect("endpoints", consumers.length > 0, "at least one connection", value);
  return consumers;
}

/** Returns what a list beside the connections says of some of them, by their index among those of the endpoint. */
function decodeByIndex<Said>(
  field: string,
  value: unknown,
  decode: (entry: unknown) => [index: number, said: Said],
): ReadonlyMap<number, Said> {
  return new Map(value === undefined ? [] : array(field, value, CONSUMERS_MAX).map(decode));
}

function decodeAbandoned(entry: unknown): [number, Pick<PendingConsumer, "abandonments">] {
  const parts = array("an abandoned entry", entry, 4);
  const [index, inRow, inAll, lastAtMs] = [0, 1, 2, 3].map((at) =>
    whole("a part of an abandoned entry", parts[at], 0),
  ) as [number, number, number, number];
  return [index, { abandonments: { inRow, inAll, lastAtMs } }];
}

const decodeLatest = (index: unknown): [number, { latest: true }] => [
  whole("an index of latest", index, 0),
  { latest: true },
];

const decodeMember = (index: unknown): [number, { member: true }] => [
  whole("an index of members", index, 0),
  { member: true },
];

function decodeEnd(entry: unknown): [number, number] {
  const [index, seconds] = array("an end", entry, 2);
  return [whole("the index of an end", index, 0), whole("the seconds of an end", seconds, 0)];
}

/** The problem names no nonce: it goes into the log, and a nonce is a secret of its connection. */
function decodeNonces(value: unknown, length: number): string[] {
  if (value === undefined) return [];
  const nonces = array("nonces", value, length);
  const valid = nonces.filter((nonce) => nonce === "" || isNonce(nonce)) as string[];
  if (valid.length !== length)
    throw new Malformed("nonces must have a nonce or an empty text for each connection");
  return valid;
}

const unexpected = (field: string, expected: string, actual: unknown): Malformed =>
  new Malformed(`${field} must be ${expected}; got ${describeValue(actual)}`);

function expect(field: string, holds: boolean, expected: string, actual: unknown): void {
  if (!holds) throw unexpected(field, expected, actual);
}

function record(field: string, value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unexpected(field, "an object", value);
  return value as Record<string, unknown>;
}

function array(field: string, value: unknown, maxLength: number): unknown[] {
  if (!Array.isArray(value) || value.length > maxLength) {
    throw unexpected(field, `an array of at most ${maxLength}`, value);
  }
  return value;
}

function whole(field: string, value: unknown, min: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min) {
    throw unexpected(field, `a whole number from ${min}`, value);
  }
  return value;
}

function name(field: string, value: unknown): string {
  const problem = idProblem(field, value);
  if (problem || typeof value !== "string") throw new Malformed(problem ?? field);
  return value;
}

/** Rejects a slash, because the first two slashes of a consumer's key are its separators. */
function part(field: string, value: unknown): string {
  const text = name(field, value);
  if (text.includes("/")) throw unexpected(field, "without /", value);
  return text;
}
