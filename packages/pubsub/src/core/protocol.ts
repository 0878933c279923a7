/**
 * The frames of docs/protocol.md: those that a client may send, with a decoder that never throws, and those it
 * receives.
 */
import { describeValue } from "./errors.ts";
import { idProblem } from "./ids.ts";
import { FRAME_BYTES_METERED, TOKEN_LENGTH_MAX } from "./limits.ts";
import { isNonce, NONCE_EXPECTED } from "./nonce.ts";
import type { Format, Position } from "./types.ts";
import { utf8Length } from "./utf8.ts";

/** Our own limit: the length of a client's request id, which we send back. */
const REQUEST_ID_LENGTH_MAX = 128;

/** Our own limit: how many topics one heartbeat may name. */
const POSITIONS_MAX = 100;

/** Each action that a client may request, with the fields of its decoded frame. */
export interface ClientActions {
  SUBSCRIBE: {
    topicId: string;
    format: Format;
    since?: Position | undefined;
    token?: string | undefined;
  };
  UNSUBSCRIBE: { topicId: string };
  PING: { positions: ReadonlyMap<string, Position> };
}

export type ClientAction = keyof ClientActions;

/** A decoded frame of one of these actions, or by default of any action. */
export type ClientFrame<Action extends ClientAction = ClientAction> = {
  [Each in Action]: { action: Each } & FrameLabels & ClientActions[Each];
}[Action];

/** What every message of a client may have, and what the responses repeat. */
interface FrameLabels {
  requestId?: string | undefined;
  /** Every frame that the server sends because of this message repeats it, so that published data cannot imitate one. */
  nonce?: string | undefined;
}

/** An event as an EVENTS frame contains it. */
export interface WireEvent {
  offset: number;
  publicationId: string;
  /** Milliseconds since 1970, by the publisher's clock. */
  publishedAt: number;
  data: unknown;
}

/** A topic's position, and whether the events that the client missed were sent to it or are being sent. */
export interface RecoveredPosition extends Position {
  recovered: boolean;
}

/** Each frame has the `nonce` of the client's message, if that had one. An EVENTS frame has that of the SUBSCRIBE. */
export type ServerFrame = { nonce?: string | undefined } & (
  | { type: "EVENTS"; topicId: string; epoch: string; events: WireEvent[] }
  /** `expiresAt`: when the subscription ends, in seconds since 1970, if that is before the connection must end. */
  | ({ type: "SUBSCRIBED"; requestId: string; topicId: string; expiresAt?: number } & RecoveredPosition)
  | { type: "UNSUBSCRIBED"; requestId: string; topicId: string }
  /** A topic that is missing from `positions` is not known now. It does not mean that the client is not subscribed. */
  | { type: "PONG"; requestId: string; positions?: Record<string, RecoveredPosition | { subscribed: false }> }
  /** After `FORBIDDEN`, `INVALID_…` and `TOO_MANY_…`, a client gives up. After any other code it may try again. */
  | { type: "ERROR"; requestId?: string | undefined; code: string; message: string }
);

export type FrameErrorCode = "INVALID_FRAME" | "INVALID_TOPIC_ID";

export type DecodedFrame = { ok: true; frame: ClientFrame } | Refusal;

interface Refusal {
  ok: false;
  code: FrameErrorCode;
  message: string;
  /** Present if the decoder could still read it, as is the nonce. */
  requestId?: string;
  nonce?: string;
}

/** Decodes a client's message. Returns the frame, or why the message is invalid. It never throws. */
export function decodeClientFrame(text: string): DecodedFrame {
  // A UTF-16 unit takes at least one byte in UTF-8, so the length alone can already be too much
  const bytes = text.length > FRAME_BYTES_METERED ? text.length : utf8Length(text);
  if (bytes > FRAME_BYTES_METERED)
    return refuse(`a frame is at most ${FRAME_BYTES_METERED} bytes; got ${bytes}`);
  const value = parseJson(text);
  if (!isRecord(value)) return refuse(`a frame is a JSON object; got ${describeFrame(text, value)}`);
  const { requestId, nonce } = value;
  // Both are read before either is rejected, so that a client recognises the rejection as the server's
  const labels = { ...(isRequestId(requestId) && { requestId }), ...(isNonce(nonce) && { nonce }) };
  const problem = labelProblem(value);
  const decoded = problem === undefined ? decodeAction(value) : refuse(problem);
  return decoded.ok ? { ok: true, frame: { ...labels, ...decoded.frame } } : { ...decoded, ...labels };
}

function labelProblem({ requestId, nonce }: Fields): string | undefined {
  if (requestId !== undefined && !isRequestId(requestId)) {
    const expected = `requestId must be a string of 1 to ${REQUEST_ID_LENGTH_MAX} characters`;
    return `${expected}; got ${describeValue(requestId)}`;
  }
  if (nonce === undefined || isNonce(nonce)) return undefined;
  // The message goes into the log, and a nonce is a secret of its connection
  const got = typeof nonce === "string" ? `a string of ${nonce.length}` : `a value of type ${typeof nonce}`;
  return `nonce must be ${NONCE_EXPECTED}; got ${got}`;
}

type Fields = Record<string, unknown>;

/** Each decoder returns the fields of its action, or a refusal. An action without an entry here does not compile. */
const decoders: { [Action in ClientAction]: (fields: Fields) => ClientActions[Action] | Refusal } = {
  SUBSCRIBE: decodeSubscribe,
  UNSUBSCRIBE: ({ topicId }) => refuseTopicId(topicId) ?? { topicId: String(topicId) },
  PING: ({ positions }) => {
    const decoded = decodePositions(positions);
    return typeof decoded === "string" ? refuse(decoded) : { positions: decoded };
  },
};

const isAction = (value: unknown): value is ClientAction =>
  typeof value === "string" && Object.hasOwn(decoders, value);

function decodeAction(fields: Fields): DecodedFrame {
  const { action } = fields;
  if (!isAction(action)) {
    const actions = Object.keys(decoders)
      .join(", ")
      .replace(/, (\w+)$/, " or $1");
    return refuse(`action must be ${actions}; got ${describeValue(action)}`);
  }
  const decoded = decoders[action](fields);
  if ("ok" in decoded) return decoded;
  // TypeScript does not know that the decoder of an action returns the fields of the same action
  return { ok: true, frame: { action, ...decoded } as ClientFrame };
}

function decodeSubscribe({
  topicId,
  format = "data",
  since,
  token,
}: Fields): ClientActions["SUBSCRIBE"] | Refusal {
  const refusal = refuseTopicId(topicId);
  if (refusal) return refusal;
  if (format !== "data" && format !== "event") {
    return refuse(`format must be "data" or "event"; got ${describeValue(format)}`);
  }
  // The message names only type and length, because it goes to the client and into the log
  if (token !== undefined && !isToken(token)) {
    const got = typeof token === "string" ? `a string of ${token.length}` : `a value of type ${typeof token}`;
    return refuse(`token must be a string of 1 to ${TOKEN_LENGTH_MAX} characters; got ${got}`);
  }
  const position = since === undefined ? undefined : decodePosition("since", since);
  if (typeof position === "string") return refuse(position);
  return { topicId: String(topicId), format, since: position, token };
}

function refuseTopicId(topicId: unknown): Refusal | undefined {
  const problem = idProblem("topicId", topicId);
  return problem === undefined ? undefined : refuse(problem, "INVALID_TOPIC_ID");
}

/** Returns a map, because a topic can have the name `__proto__`. */
function decodePositions(value: unknown): Map<string, Position> | string {
  const positions = new Map<string, Position>();
  if (value === undefined) return positions;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return `positions must be an object of topicId to position; got ${describeValue(value)}`;
  }
  const entries = Object.entries(value);
  if (entries.length > POSITIONS_MAX)
    return `positions names at most ${POSITIONS_MAX} topics; got ${entries.length}`;
  for (const [topicId, entry] of entries) {
    const position = idProblem("a topicId of positions", topicId) ?? decodePosition("a position", entry);
    if (typeof position === "string") return position;
    positions.set(topicId, position);
  }
  return positions;
}

function decodePosition(name: string, value: unknown): Position | string {
  if (!isRecord(value)) return `${name} must be { epoch, offset }; got ${describeValue(value)}`;
  const { epoch, offset } = value;
  const problem = idProblem(`epoch of ${name}`, epoch);
  if (problem || typeof epoch !== "string") return problem ?? `epoch of ${name} must be a string`;
  if (typeof offset !== "number" || !Number.isSafeInteger(offset) || offset < 0) {
    return `offset of ${name} must be a whole number from 0; got ${describeValue(offset)}`;
  }
  return { epoch, offset };
}

const isRequestId = (value: unknown): value is string =>
  typeof value === "string" &&
  value.length >= 1 &&
  value.length <= REQUEST_ID_LENGTH_MAX &&
  value.isWellFormed();

const isToken = (value: unknown): value is string =>
  typeof value === "string" && value.length >= 1 && value.length <= TOKEN_LENGTH_MAX;

/** Rejects arrays, and objects with the key `__proto__`, which only an attacker sends. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !Object.hasOwn(value, "__proto__")
  );
}

function describeFrame(text: string, value: unknown): string {
  if (value === undefined) return `${text.length} characters that are not JSON`;
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? "an object with the key __proto__"
    : describeValue(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const refuse = (message: string, code: FrameErrorCode = "INVALID_FRAME"): Refusal => ({
  ok: false,
  code,
  message,
});
