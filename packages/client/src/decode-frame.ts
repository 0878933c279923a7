import type { ServerFrame } from "lambda-websocket-pubsub/protocol";
import { type Is, isBoolean, isListOf, isNumber, isObject, isOffset, isShape, isString } from "./is.ts";

/** A frame of the server, or what is wrong with it. Never throws. */
export function decodeFrame(text: unknown): ServerFrame | string {
  if (!isString(text)) return "something that is not text";
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {}
  const type = isObject(frame) && String(frame.type);
  return type && Object.hasOwn(FRAMES, type) && FRAMES[type]?.(frame)
    ? (frame as ServerFrame)
    : `${text.length} characters that are no frame of the protocol`;
}

const topicId = isString;
const position = { epoch: isString, offset: isOffset, recovered: isBoolean };
const event = { offset: isOffset, publicationId: isString, publishedAt: isNumber };
const isAnswer: Is = (value) => isShape(position)(value) || (isObject(value) && value.subscribed === false);

/** A `requestId` is not looked at: one that is none of ours is nobody's. */
const FRAMES: Record<ServerFrame["type"], Is> & Record<string, Is> = {
  EVENTS: isShape({ topicId, epoch: isString, events: isListOf(isShape(event)) }),
  SUBSCRIBED: isShape({ topicId, ...position }),
  UNSUBSCRIBED: isObject,
  PONG: isShape({
    positions: (value = {}) => isObject(value) && isListOf(isAnswer)(Object.values(value)),
  }),
  ERROR: isShape({ code: isString, message: isString }),
};
