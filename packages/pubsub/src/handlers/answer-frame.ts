import type { Pubsub } from "../api/create-pubsub.ts";
import { quickRetryDelayMs } from "../core/delivery/backoff.ts";
import { isPubsubError, type PubsubErrorCode, withoutValue } from "../core/errors.ts";
import { withNonce } from "../core/frames.ts";
import { FRAME_BYTES_METERED, REPLY_MS_MAX } from "../core/limits.ts";
import type { PostResult } from "../core/ports.ts";
import {
  type ClientAction,
  type ClientFrame,
  decodeClientFrame,
  type ServerFrame,
} from "../core/protocol.ts";
import { newReplayBudget } from "../core/recovery/budget.ts";
import { replay } from "../core/recovery/replay.ts";
import type { Consumer } from "../core/types.ts";
import { encodeUtf8, utf8Length } from "../core/utf8.ts";
import type { ActionContext } from "./action-context.ts";
import { type Brake, MESSAGE_PRICE } from "./brake.ts";
import { act } from "./frame-actions.ts";
import type { WebsocketEvent, WebsocketResult } from "./lambda-types.ts";

/** What limits a connection's messages: who may do what, with how many topics, and what they may cost. */
export interface FrameSettings
  extends Pick<
    ActionContext,
    "gate" | "validate" | "maxSubscriptions" | "presence" | "markActivity" | "userTopics"
  > {
  brake: Brake;
  /** The actions that this function handles. */
  actions: readonly ClientAction[];
}

type FrameContext = FrameSettings & Omit<ActionContext, "budget">;

interface Refusal {
  code: string;
  message: string;
  requestId?: string | undefined;
}

/** Handles one message of a client. It confirms a success only if the client sent a `requestId`, an error always. */
export async function answerFrame(pubsub: Pubsub, context: FrameContext): Promise<WebsocketResult> {
  const { observe } = pubsub.ports;
  const { brake, actions, consumer, event, endsAtMs } = context;
  const sentAtMs = event.requestContext.requestTimeEpoch ?? pubsub.ports.clock.now();
  const body = bodyOf(event);
  const decoded = decodeClientFrame(body, actions);
  const { requestId, nonce } = decoded.ok ? decoded.frame : decoded;
  const to = { consumer, endsAtMs, sentAtMs, nonce };
  const admission = await brake.admit(consumer, MESSAGE_PRICE + priceOfLength(body));
  if (admission === "ended") return disconnect(pubsub, consumer);
  if (admission === "refused") {
    const message = "this connection sends too many frames; try again later";
    return refuse(pubsub, to, { code: "RATE_LIMITED", message, requestId });
  }
  if (!decoded.ok) return refuse(pubsub, to, decoded);
  const { action } = decoded.frame;
  // A PING names up to 100 topics: of a connection that floods, even a little work for each message keeps others waiting.
  // A topic that is missing from the PONG is not known now, and the client asks again
  const frame: ClientFrame =
    decoded.frame.action === "PING" && brake.isOverworked(consumer)
      ? { ...decoded.frame, positions: new Map() }
      : decoded.frame;
  const budget = newReplayBudget((price) => brake.mayWork(consumer, price));
  try {
    const { reply, frames = [], format } = await act(pubsub, { ...context, budget }, frame);
    const result = reply ? await sendReply(pubsub, to, reply) : { statusCode: 200 };
    const own =
      nonce === undefined || format === "data" ? frames : frames.map((frame) => withNonce(frame, nonce));
    await replay(pubsub.ports, consumer, own, pubsub.ports.clock.now() + REPLY_MS_MAX);
    return result;
  } catch (error) {
    // Nobody is there to answer to
    if (isPubsubError(error, "CONNECTION_ENDED")) return { statusCode: 200 };
    if (isPubsubError(error) && CLIENT_ERRORS.has(error.code)) {
      return refuse(pubsub, to, { code: error.code, message: error.message, requestId });
    }
    observe({ event: "background-failure", stage: `frame-${action.toLowerCase()}`, error });
    const code = isPubsubError(error) && FAILURES.has(error.code) ? error.code : "INTERNAL";
    return sendReply(pubsub, to, {
      type: "ERROR",
      requestId,
      code,
      message: `${action} failed; try again later`,
    });
  } finally {
    if (budget.spent() > 0) await brake.charge(consumer, budget.spent());
  }
}

/** API Gateway meters a message that consists of several WebSocket frames by 32 KB. The first 32 KB are in its price. */
const priceOfLength = (body: string): number =>
  Math.ceil(Math.max(1, utf8Length(body)) / FRAME_BYTES_METERED) - 1;

/** Sends no response: it would cost as much as the message, and the client did not heed the others. */
async function disconnect({ ports }: Pubsub, consumer: Consumer): Promise<WebsocketResult> {
  const reason = "it kept sending although it was refused";
  ports.observe({ event: "connection-ended", consumer, reason });
  const result = await ports.disconnect(consumer);
  if (result.outcome !== "failed") return { statusCode: 200 };
  const error = new Error(result.reason);
  ports.observe({ event: "background-failure", stage: "disconnect", error });
  return { statusCode: 500 };
}

/** The codes of what a client did wrong, although its message was valid. */
const CLIENT_ERRORS: ReadonlySet<PubsubErrorCode> = new Set([
  "TOO_MANY_SUBSCRIPTIONS",
  "RATE_LIMITED",
  "INVALID_DATA",
  "PAYLOAD_TOO_LARGE",
]);

/**
 * The codes of a failure that a client may see. Any other error is ours, because the frame was valid: a client that saw its
 * code, such as INVALID_ARGUMENT, would take it for its own mistake and give up.
 */
const FAILURES: ReadonlySet<PubsubErrorCode> = new Set([
  "STORAGE_FAILED",
  "APPEND_CONTENDED",
  "FANOUT_NOT_QUEUED",
]);

/**
 * Where a reply goes, when the invocation that sends it ends, when API Gateway got the message, by its clock, and the
 * message's nonce, which the reply repeats.
 */
type Recipient = Pick<ActionContext, "consumer" | "endsAtMs"> & {
  sentAtMs: number;
  nonce: string | undefined;
};

/** A client error: reported to the client and to the log. The log never contains the value that the client sent. */
function refuse(
  pubsub: Pubsub,
  to: Recipient,
  { code, message, requestId }: Refusal,
): Promise<WebsocketResult> {
  const { consumer } = to;
  pubsub.ports.observe({ event: "frame-refused", consumer, code, reason: withoutValue(message) });
  return sendReply(pubsub, to, { type: "ERROR", requestId, code, message });
}

/** A manual invocation may have no body. The decoder then rejects the empty text. */
function bodyOf({ body, isBase64Encoded }: WebsocketEvent): string {
  if (typeof body !== "string") return "";
  return isBase64Encoded === true ? Buffer.from(body, "base64").toString("utf8") : body;
}

const REPLY_TRIES = 4;

/**
 * A 410 to the reply of a message that has just come is not believed at once: until the last try, it counts as a failure.
 * The client of an older message has perhaps given up. With retries for each of those, functions that are behind would
 * never catch up.
 */
const JUST_SENT_MS = 1_000;

/**
 * Posts the reply. A connection that is gone needs none. If a reply can't be posted, the invocation fails and API Gateway
 * logs it.
 */
async function sendReply(
  { ports }: Pubsub,
  { consumer, endsAtMs, sentAtMs, nonce }: Recipient,
  frame: ServerFrame,
): Promise<WebsocketResult> {
  const { connections, clock, observe } = ports;
  const body = encodeUtf8(JSON.stringify({ ...frame, nonce }));
  const giveUpAtMs = Math.min(clock.now() + REPLY_MS_MAX, endsAtMs);
  for (let tries = 0; ; tries++) {
    const result = await connections.post(consumer, { body }, { giveUpAtMs });
    if (result.outcome === "delivered") return { statusCode: 200 };
    if (result.outcome === "gone" && clock.now() - sentAtMs >= JUST_SENT_MS) return { statusCode: 200 };
    const pauseMs = quickRetryDelayMs(tries, clock.random);
    if (tries + 1 < REPLY_TRIES && clock.now() + pauseMs < giveUpAtMs) {
      await clock.sleep(pauseMs);
      continue;
    }
    if (result.outcome === "gone") return { statusCode: 200 };
    const error = new Error(failureReason(result));
    observe({ event: "background-failure", stage: "answer-frame", error });
    return { statusCode: 500 };
  }
}

/** Without a default: a new outcome does not compile until it has a case. */
function failureReason(result: Exclude<PostResult, { outcome: "delivered" | "gone" }>): string {
  switch (result.outcome) {
    case "throttled":
      return "throttled (429)";
    case "failed":
      return result.reason;
  }
}
