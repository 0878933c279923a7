import type { ServerFrame } from "lambda-websocket-pubsub/protocol";
import { type Is, isBoolean, isListOf, isNumber, isObject, isOffset, isShape, isString } from "./is.ts";

/**
 * API Gateway's own frame after a message that it could not hand to the function, or whose function failed. Its
 * `requestId` is the one of API Gateway's logs.
 */
export interface GatewayErrorFrame {
  type: "GATEWAY_ERROR";
  message: string;
}

const isGatewayError = isShape({
  type: (type) => type === undefined,
  message: isString,
  connectionId: isString,
  requestId: isString,
});

/**
 * Returns the server's frame, if it has the nonce of this connection, or API Gateway's, or a text that says what is wrong.
 * Never throws. Anybody can publish a text that looks like API Gateway's frame.
 */
export function decodeFrame(text: unknown, nonce: string): ServerFrame | GatewayErrorFrame | string {
  let frame: unknown;
  try {
    frame = isString(text) && JSON.parse(text);
  } catch {}
  if (isObject(frame) && frame.nonce === nonce && FRAMES.get(frame.type)?.(frame))
    return frame as ServerFrame;
  return isGatewayError(frame)
    ? { type: "GATEWAY_ERROR", message: (frame as GatewayErrorFrame).message }
    : `a value (${typeof text}) that is not a frame of this connection`;
}

const topicId = isString;
const position = { epoch: isString, offset: isOffset, recovered: isBoolean };
const event = { offset: isOffset, publicationId: isString, publishedAt: isNumber };
const isAnswer: Is = (value) => isShape(position)(value) || (isObject(value) && value.subscribed === false);

/** `requestId` is not checked: the client ignores an id that it did not send. */
const FRAMES: ReadonlyMap<unknown, Is> = new Map(
  Object.entries({
    EVENTS: isShape({ topicId, epoch: isString, events: isListOf(isShape(event)) }),
    SUBSCRIBED: isShape({ topicId, ...position }),
    UNSUBSCRIBED: isObject,
    // The publisher checks it: a client that only subscribes has no use for the code
    PUBLISHED: isObject,
    PONG: isShape({
      positions: (value = {}) => isObject(value) && isListOf(isAnswer)(Object.values(value)),
    }),
    ERROR: isShape({ code: isString, message: isString }),
  } satisfies Record<ServerFrame["type"], Is>),
);
