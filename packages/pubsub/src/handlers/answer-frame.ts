import { isPubsubError } from "../errors.ts";
import { type ClientFrame, decodeClientFrame, type ServerFrame } from "../protocol.ts";
import type { Pubsub } from "../pubsub.ts";
import { subscribe, unsubscribe } from "../subscriptions/subscribe.ts";
import type { Consumer } from "../types.ts";
import { encodeUtf8 } from "../utf8.ts";
import { type Authorize, isAuthorized } from "./authorize.ts";
import type { WebsocketEvent, WebsocketResult } from "./lambda-types.ts";

interface FrameContext {
  authorize?: Authorize | undefined;
  consumer: Consumer;
  event: WebsocketEvent;
}

/** Does what a client's frame asks for. A success is answered if the client wants to know, an error always. */
export async function answerFrame(pubsub: Pubsub, context: FrameContext): Promise<WebsocketResult> {
  const { observe } = pubsub.ports;
  const { consumer, event } = context;
  const decoded = decodeClientFrame(bodyOf(event));
  if (!decoded.ok) {
    const { code, message, requestId } = decoded;
    observe({ event: "frame-refused", consumer, code, reason: message });
    return answer(pubsub, consumer, { type: "ERROR", requestId, code, message });
  }
  const { requestId } = decoded.frame;
  try {
    const reply = await act(pubsub, context, decoded.frame);
    return reply ? await answer(pubsub, consumer, reply) : { statusCode: 200 };
  } catch (error) {
    observe({ event: "background-failure", stage: `frame-${decoded.frame.action.toLowerCase()}`, error });
    const code = isPubsubError(error) ? error.code : "INTERNAL";
    const message = `${decoded.frame.action} failed; try again later`;
    return answer(pubsub, consumer, { type: "ERROR", requestId, code, message });
  }
}

async function act(
  { ports, config }: Pubsub,
  { authorize, consumer, event }: FrameContext,
  frame: ClientFrame,
): Promise<ServerFrame | undefined> {
  const { action, requestId } = frame;
  if (action === "PING") return requestId === undefined ? undefined : { type: "PONG", requestId };
  const { topicId } = frame;
  if (action === "UNSUBSCRIBE") {
    await unsubscribe(ports, { consumer, topicId });
    return requestId === undefined ? undefined : { type: "UNSUBSCRIBED", requestId, topicId };
  }
  if (!(await isAuthorized(authorize, { action, topicId, consumer, event }, ports.observe))) {
    return { type: "ERROR", requestId, code: "FORBIDDEN", message: `not allowed to subscribe to ${topicId}` };
  }
  const { format, since } = frame;
  const position = await subscribe(ports, { consumer, topicId, format }, config.eventRetentionSeconds);
  if (requestId === undefined) return undefined;
  // Nothing is replayed yet: only whoever is where the log is has missed nothing
  const recovered =
    since === undefined || (since.epoch === position.epoch && since.offset === position.offset);
  return { type: "SUBSCRIBED", requestId, ...position, recovered };
}

function bodyOf({ body, isBase64Encoded }: WebsocketEvent): string {
  return isBase64Encoded ? Buffer.from(body ?? "", "base64").toString("utf8") : (body ?? "");
}

/** A client that is gone needs no answer; one that could not be answered is the integration's failure. */
async function answer({ ports }: Pubsub, consumer: Consumer, frame: ServerFrame): Promise<WebsocketResult> {
  const result = await ports.connections.post(consumer, { body: encodeUtf8(JSON.stringify(frame)) });
  if (result.outcome === "delivered" || result.outcome === "gone") return { statusCode: 200 };
  const error = new Error(result.outcome === "failed" ? result.reason : "throttled (429)");
  ports.observe({ event: "background-failure", stage: "answer-frame", error });
  return { statusCode: 500 };
}
