import { isPubsubError, withoutValue } from "../errors.ts";
import { quickRetryDelayMs } from "../fanout/backoff.ts";
import type { EventsFrame } from "../frames.ts";
import { REPLY_MS_MAX } from "../limits.ts";
import { type ClientFrame, decodeClientFrame, type ServerFrame } from "../protocol.ts";
import type { Pubsub } from "../pubsub.ts";
import { heal } from "../recovery/heal.ts";
import { missingSince, newReplayBudget, replay } from "../recovery/replay.ts";
import { subscribe, unsubscribe } from "../subscriptions/subscribe.ts";
import type { Consumer, Position } from "../types.ts";
import { encodeUtf8 } from "../utf8.ts";
import { type Gate, isAuthorized } from "./authorize.ts";
import type { FrameRate } from "./frame-rate.ts";
import type { WebsocketEvent, WebsocketResult } from "./lambda-types.ts";

/** Who may subscribe, and how much one connection may. */
export interface FrameSettings {
  gate: Gate;
  subscriptionsMax: number;
  frameRate: FrameRate;
}

interface FrameContext extends FrameSettings {
  consumer: Consumer;
  event: WebsocketEvent;
}

interface Refusal {
  code: string;
  message: string;
  requestId?: string | undefined;
}

/** What a frame leads to: an answer, if there is one to give, and then the events that the client has missed. */
interface Reaction {
  reply?: ServerFrame | undefined;
  frames?: readonly EventsFrame[];
}

/** Does what a client's frame asks for. A success is answered if the client wants to know, an error always. */
export async function answerFrame(pubsub: Pubsub, context: FrameContext): Promise<WebsocketResult> {
  const { observe } = pubsub.ports;
  const { consumer, event } = context;
  const decoded = decodeClientFrame(bodyOf(event));
  const { requestId } = decoded.ok ? decoded.frame : decoded;
  if (!context.frameRate(consumer)) {
    const message = "this connection sends too many frames; try again later";
    return refuse(pubsub, consumer, { code: "RATE_LIMITED", message, requestId });
  }
  if (!decoded.ok) return refuse(pubsub, consumer, decoded);
  const { action } = decoded.frame;
  try {
    const { reply, frames = [] } = await act(pubsub, context, decoded.frame);
    const result = reply ? await answer(pubsub, consumer, reply) : { statusCode: 200 };
    await replay(pubsub.ports, consumer, frames);
    return result;
  } catch (error) {
    if (isPubsubError(error, "TOO_MANY_SUBSCRIPTIONS")) {
      return refuse(pubsub, consumer, { code: error.code, message: error.message, requestId });
    }
    observe({ event: "background-failure", stage: `frame-${action.toLowerCase()}`, error });
    const code = isPubsubError(error) ? error.code : "INTERNAL";
    return answer(pubsub, consumer, {
      type: "ERROR",
      requestId,
      code,
      message: `${action} failed; try again later`,
    });
  }
}

/** The client's own doing: told to it, and told of, but without what it sent in the place of what was expected. */
function refuse(
  pubsub: Pubsub,
  consumer: Consumer,
  { code, message, requestId }: Refusal,
): Promise<WebsocketResult> {
  pubsub.ports.observe({ event: "frame-refused", consumer, code, reason: withoutValue(message) });
  return answer(pubsub, consumer, { type: "ERROR", requestId, code, message });
}

async function act(pubsub: Pubsub, context: FrameContext, frame: ClientFrame): Promise<Reaction> {
  if (frame.action === "PING") return ping(pubsub, context, frame);
  if (frame.action === "SUBSCRIBE") return subscribeAndCatchUp(pubsub, context, frame);
  const { topicId, requestId } = frame;
  await unsubscribe(pubsub.ports, { consumer: context.consumer, topicId });
  return requestId === undefined ? {} : { reply: { type: "UNSUBSCRIBED", requestId, topicId } };
}

async function ping(
  { ports, config }: Pubsub,
  { consumer }: FrameContext,
  { requestId, positions: asked }: ClientFrame & { action: "PING" },
): Promise<Reaction> {
  const { positions, frames } = await heal(ports, consumer, asked, config.eventRetentionSeconds);
  if (requestId === undefined) return { frames };
  const told = asked.size > 0 ? { positions: Object.fromEntries(positions) } : {};
  return { reply: { type: "PONG", requestId, ...told }, frames };
}

async function subscribeAndCatchUp(
  { ports, config }: Pubsub,
  { gate, subscriptionsMax, consumer, event }: FrameContext,
  { action, topicId, format, since, token, requestId }: ClientFrame & { action: "SUBSCRIBE" },
): Promise<Reaction> {
  if (!(await isAuthorized(gate, { action, topicId, token, consumer, event }))) {
    const message = `not allowed to subscribe to ${topicId}`;
    return { reply: { type: "ERROR", requestId, code: "FORBIDDEN", message } };
  }
  const { epoch, offset } = await subscribe(
    ports,
    { consumer, topicId, format },
    config.eventRetentionSeconds,
    subscriptionsMax,
  );
  const position: Position = { epoch, offset };
  const between = { since: since ?? position, position };
  const missing = await missingSince(ports, topicId, between, newReplayBudget());
  const recovered = typeof missing !== "string";
  const frames = recovered ? missing : [];
  if (requestId === undefined) return { frames };
  return { reply: { type: "SUBSCRIBED", requestId, topicId, ...position, recovered }, frames };
}

/** Text always, whatever an invocation by hand may bring: the decoder says what is wrong with it. */
function bodyOf({ body, isBase64Encoded }: WebsocketEvent): string {
  if (typeof body !== "string") return "";
  return isBase64Encoded === true ? Buffer.from(body, "base64").toString("utf8") : body;
}

const ANSWER_TRIES = 4;

/** A client that is gone needs no answer; one that could not be answered is the integration's failure. */
async function answer({ ports }: Pubsub, consumer: Consumer, frame: ServerFrame): Promise<WebsocketResult> {
  const { connections, clock, observe } = ports;
  const body = encodeUtf8(JSON.stringify(frame));
  const giveUpAtMs = clock.now() + REPLY_MS_MAX;
  for (let tries = 0; ; tries++) {
    const result = await connections.post(consumer, { body }, { giveUpAtMs });
    if (result.outcome === "delivered" || result.outcome === "gone") return { statusCode: 200 };
    if (tries + 1 < ANSWER_TRIES && clock.now() < giveUpAtMs) {
      await clock.sleep(quickRetryDelayMs(tries, clock.random));
      continue;
    }
    const error = new Error(result.outcome === "failed" ? result.reason : "throttled (429)");
    observe({ event: "background-failure", stage: "answer-frame", error });
    return { statusCode: 500 };
  }
}
