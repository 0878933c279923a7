/** An independent implementation of the rules for messages of the fan-out queue. It shares no code with the decoder. */
import { isId, isNonce, isOffset } from "./frame-oracle.ts";

const MAX_EVENTS = 40;
const MAX_CONSUMERS = 10_000;

type Fields = Record<string, unknown>;

export function isFanoutMessage(body: string): boolean {
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    return false;
  }
  if (!isFields(message) || message.v !== 1 || !isId(message.topicId) || !isEpoch(message.epoch))
    return false;
  const { offsets, events, kind } = message;
  if (!isList(offsets, MAX_EVENTS) || offsets.length === 0) return false;
  if (
    !offsets.every((offset, index) => isCount(offset) && (index === 0 || offset > Number(offsets[index - 1])))
  )
    return false;
  if (events !== undefined && !areEvents(events, offsets)) return false;
  if (message.echoes !== undefined && !areEchoes(message.echoes, offsets)) return false;
  if (kind === "page")
    return isCount(message.page) && (message.cursor === undefined || isCursor(message.cursor));
  return (
    kind === "redelivery" &&
    /^\d{6,12}(\/[0-9a-z]{1,11}){0,64}$/.test(typeof message.unit === "string" ? message.unit : "") &&
    isCount(message.attempt) &&
    areEndpoints(message.endpoints, offsets)
  );
}

function areEvents(events: unknown, offsets: readonly unknown[]): boolean {
  return (
    isList(events, MAX_EVENTS) &&
    events.length === offsets.length &&
    events.every(
      (event, index) =>
        isFields(event) &&
        event.offset === offsets[index] &&
        typeof event.publicationId === "string" &&
        isOffset(event.publishedAt) &&
        typeof event.verbatim === "boolean" &&
        isJson(event.json, event.verbatim),
    )
  );
}

const areEchoes = (echoes: unknown, offsets: readonly unknown[]): boolean =>
  isList(echoes, MAX_EVENTS) &&
  echoes.every(
    (echo) =>
      isList(echo, 4) && offsets.includes(echo[0]) && isPart(echo[1]) && isPart(echo[2]) && isId(echo[3]),
  );

function areEndpoints(endpoints: unknown, offsets: readonly unknown[]): boolean {
  if (!isList(endpoints, MAX_CONSUMERS)) return false;
  const connections = endpoints.map((endpoint) => {
    if (!isFields(endpoint) || !isPart(endpoint.domainName) || !isPart(endpoint.stage)) return undefined;
    const { connections: some, nonces, abandoned, latest } = endpoint;
    if (!isList(some, MAX_CONSUMERS)) return undefined;
    if (abandoned !== undefined && !areAbandoned(abandoned)) return undefined;
    if (latest !== undefined && !(isList(latest, MAX_CONSUMERS) && latest.every(isOffset))) return undefined;
    return nonces === undefined || areNonces(nonces, some.length) ? some : undefined;
  });
  return (
    connections.every((some) => some?.every((one) => isConnection(one, offsets))) &&
    connections.flat().length > 0
  );
}

const areAbandoned = (value: unknown): boolean =>
  isList(value, MAX_CONSUMERS) &&
  value.every((one) => isList(one, 4) && [0, 1, 2, 3].every((index) => isOffset(one[index])));

const areNonces = (value: unknown, length: number): boolean =>
  Array.isArray(value) && value.length === length && value.every((one) => one === "" || isNonce(one));

function isConnection(value: unknown, offsets: readonly unknown[]): boolean {
  if (!isList(value, 4)) return false;
  const [connectionId, format, subscribedAt, from] = value;
  return (
    isId(connectionId) &&
    (format === "data" || format === "event") &&
    isOffset(subscribedAt) &&
    offsets.includes(from)
  );
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isList = (value: unknown, max: number): value is unknown[] =>
  Array.isArray(value) && value.length <= max;
const isCount = (value: unknown): value is number => isOffset(value) && value > 0;
const isPart = (value: unknown): boolean => isId(value) && !value.includes("/");
export const isEpoch = (value: unknown): boolean => typeof value === "string" && /^[0-9a-z]{9}$/.test(value);

/** Returns whether DynamoDB would accept a value as the key of a row. */
const isCursor = (value: unknown): boolean =>
  typeof value === "string" && value !== "" && Buffer.byteLength(value) <= 2_048;

function isJson(text: unknown, mustBeString: boolean): boolean {
  if (typeof text !== "string") return false;
  try {
    const value: unknown = JSON.parse(text);
    return !mustBeString || typeof value === "string";
  } catch {
    return false;
  }
}
