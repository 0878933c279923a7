/**
 * The frames of docs/protocol.md: those that a client may send, with a decoder that never throws, and those it
 * receives.
 */
import { decodePublish, type PublishFields } from "./decode-publish.ts";
import { describeValue } from "./errors.ts";
import {
  type Fields,
  type FrameErrorCode,
  type Refusal,
  refuse,
  refuseOwnTopicId,
  refuseToken,
  refuseTopicId,
} from "./frame-fields.ts";
import { idProblem, topicIdProblem } from "./ids.ts";
import { FRAME_BYTES_METERED } from "./limits.ts";
import { isNonce, NONCE_EXPECTED } from "./nonce.ts";
import type { ListedMember, MembersAt, MembersState } from "./presence/state.ts";
import { type AskedHistory, decodeHistory, type SentHistory } from "./subscribe-history.ts";
import type { Format, Position } from "./types.ts";
import { encodeInfo } from "./user-info.ts";
import { utf8Length } from "./utf8.ts";

/** Our own limit: the length of a client's request id, which we send back. */
const REQUEST_ID_LENGTH_MAX = 128;

/** Our own limit: how many topics one heartbeat may name. */
const POSITIONS_MAX = 100;

/** Each action that a client may request, with the fields of its decoded frame. */
export interface ClientActions {
  SUBSCRIBE: (NamedTopic | OwnTopic) & { format: Format; since?: Position | undefined } & AskedHistory;
  UNSUBSCRIBE: { topicId: string };
  PING: { positions: ReadonlyMap<string, Position> };
  PUBLISH: PublishFields;
}

/** The client wants to be a member of the topic, and to know the others. */
export interface AskedPresence {
  /** What the others see of its user, as JSON text. */
  info?: string;
}

interface NamedTopic {
  topicId: string;
  token?: string | undefined;
  presence?: AskedPresence | undefined;
  user?: undefined;
}

/** The topic of the connection's own user, which the server knows. */
interface OwnTopic {
  user: true;
  topicId?: undefined;
  token?: undefined;
  presence?: undefined;
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

/** There is no subscription. `expired`: there was one, and its time has passed. */
export interface Unsubscribed {
  subscribed: false;
  reason?: "expired";
}

/** Each frame has the `nonce` of the client's message, if that had one. An EVENTS frame has that of the SUBSCRIBE. */
export type ServerFrame = { nonce?: string | undefined } & (
  | { type: "EVENTS"; topicId: string; epoch: string; events: WireEvent[] }
  /**
   * `expiresAt`: when the subscription ends, in seconds since 1970, if that is before the connection must end.
   * `expiresInMs`: in how many milliseconds that is, so that a client does not need the same clock. `members`: who the
   * topic's members are, and the position in its members topic after which changes follow.
   */
  | ({
      type: "SUBSCRIBED";
      requestId: string;
      topicId: string;
      expiresAt?: number;
      expiresInMs?: number;
      members?: MembersAt;
    } & RecoveredPosition &
      SentHistory)
  | { type: "UNSUBSCRIBED"; requestId: string; topicId: string }
  /**
   * The publisher's own copy of the event: unless it is a duplicate, no EVENTS message to this connection's subscription
   * contains it. `duplicate`: the publication id was published before, at this position, and nothing was written now.
   */
  | ({
      type: "PUBLISHED";
      requestId: string;
      topicId: string;
      publicationId: string;
      duplicate: boolean;
    } & Position)
  /** A topic that is missing from `positions` is not known now. It does not mean that the client is not subscribed. */
  | { type: "PONG"; requestId: string; positions?: Record<string, RecoveredPosition | Unsubscribed> }
  /** After `FORBIDDEN`, `INVALID_…` and `TOO_MANY_…`, a client gives up. After any other code it may try again. */
  | { type: "ERROR"; requestId?: string | undefined; code: string; message: string }
);

export type { FrameErrorCode, ListedMember, MembersAt, MembersState };

export type DecodedFrame = { ok: true; frame: ClientFrame } | Refusal;

/**
 * Decodes a client's message. Returns the frame, or why the message is invalid. It never throws. An action that is not
 * among `actions` is as unknown as any other text.
 */
export function decodeClientFrame(
  text: string,
  actions: readonly ClientAction[] = CLIENT_ACTIONS,
): DecodedFrame {
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
  const decoded = problem === undefined ? decodeAction(value, actions) : refuse(problem);
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

/** Each decoder returns the fields of its action, or a refusal. An action without an entry here does not compile. */
const decoders: { [Action in ClientAction]: (fields: Fields) => ClientActions[Action] | Refusal } = {
  SUBSCRIBE: decodeSubscribe,
  UNSUBSCRIBE: ({ topicId }) => refuseTopicId(topicId) ?? { topicId: String(topicId) },
  PING: ({ positions }) => {
    const decoded = decodePositions(positions);
    return typeof decoded === "string" ? refuse(decoded) : { positions: decoded };
  },
  PUBLISH: decodePublish,
};

/** All actions, in the order of docs/protocol.md. */
export const CLIENT_ACTIONS: readonly ClientAction[] = Object.keys(decoders) as ClientAction[];

function decodeAction(fields: Fields, actions: readonly ClientAction[]): DecodedFrame {
  const action = actions.find((each) => each === fields.action);
  if (action === undefined) {
    const expected = actions.join(", ").replace(/, (\w+)$/, " or $1");
    return refuse(`action must be ${expected}; got ${describeValue(fields.action)}`);
  }
  const decoded = decoders[action](fields);
  if ("ok" in decoded) return decoded;
  // TypeScript does not know that the decoder of an action returns the fields of the same action
  return { ok: true, frame: { action, ...decoded } as ClientFrame };
}

function decodeSubscribe(fields: Fields): ClientActions["SUBSCRIBE"] | Refusal {
  const { format = "data", since, last, latest } = fields;
  const topic = fields.user === undefined ? decodeNamedTopic(fields) : decodeOwnTopic(fields);
  if ("ok" in topic) return topic;
  if (format !== "data" && format !== "event") {
    return refuse(`format must be "data" or "event"; got ${describeValue(format)}`);
  }
  const position = since === undefined ? undefined : decodePosition("since", since);
  if (typeof position === "string") return refuse(position);
  const history = decodeHistory({ last, latest });
  if (typeof history === "string") return refuse(history);
  return { ...topic, format, since: position, ...history };
}

function decodeNamedTopic({ topicId, token, presence }: Fields): NamedTopic | Refusal {
  const refusal = refuseOwnTopicId(topicId) ?? refuseToken(token);
  if (refusal) return refusal;
  const asked = presence === undefined ? undefined : decodePresence(presence);
  if (typeof asked === "string") return refuse(asked);
  return {
    topicId: String(topicId),
    token: token as string | undefined,
    ...(asked && { presence: asked }),
  };
}

function decodeOwnTopic({ user, topicId, token, presence }: Fields): OwnTopic | Refusal {
  if (user !== true) return refuse(`user must be true; got ${describeValue(user)}`);
  const [other] = Object.entries({ topicId, token, presence }).find(([, value]) => value !== undefined) ?? [];
  return other === undefined ? { user } : refuse(`user cannot be combined with ${other}`);
}

function decodePresence(value: unknown): AskedPresence | string {
  if (!isRecord(value)) return `presence must be { info? }; got ${describeValue(value)}`;
  if (value.info === undefined) return {};
  const info = encodeInfo(value.info);
  return "problem" in info ? `presence.${info.problem}` : { info: info.text };
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
    const position = topicIdProblem(topicId, "a topicId of positions") ?? decodePosition("a position", entry);
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
