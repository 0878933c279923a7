import { decodeFanoutMessage } from "../fanout/decode-message.ts";
import type { FanoutMessage } from "../fanout/message.ts";
import { toTopicEvent } from "../log/topic-event.ts";
import type { DeadLetterReason } from "../ports.ts";
import type { Consumer, TopicEvent } from "../types.ts";
import type { HeldLetter } from "./port.ts";

/** A message in the dead-letter queue: work that the fan-out abandoned, or a message that cannot be decoded. */
export type DeadLetter = DeadDelivery | MalformedDeadLetter;

interface Described {
  /** SQS's id of the message. */
  id: string;
  /**
   * `DELIVERY_ABANDONED`: the last attempt failed. `MAX_RECEIVES`: the queue's own redrive policy moved the message,
   * because it had been received too often. `TOO_MANY_HOPS`: more than 100 messages of workers lie between the publish and
   * this message. `INVALID_MESSAGE`: the message cannot be decoded.
   */
  code: string;
  /** Up to five different errors of the abandoned consumers, or the problem with the message. */
  reason: string;
  /** How often it was tried. With `MAX_RECEIVES`, how often it was received; looking at it counts too. */
  attempts: number;
  /** Milliseconds since 1970, by SQS's clock. Absent if the queue gives no time. */
  sentAt?: number;
}

/** Events that did not reach these consumers. */
export interface DeadDelivery extends Described {
  malformed: false;
  topicId: string;
  epoch: string;
  /** The offsets of the events, ascending. */
  offsets: readonly number[];
  /** The consumers that lack the events. Empty if the dispatch did not get to them: see `step`. */
  consumers: readonly Consumer[];
  /** All consumers from this step of the dispatch on lack the events. Counts from 1. Absent if `consumers` names them. */
  step?: number;
  /** The events that the letter contains, if they are small enough. If absent, they are in the log or have expired. */
  events?: readonly TopicEvent[];
}

/** A message that is not a message of the fan-out. */
export interface MalformedDeadLetter extends Described {
  malformed: true;
  body: string;
}

/** A described dead letter, and the message to send again. A malformed letter has no message. */
export interface OpenedLetter {
  letter: DeadLetter;
  message?: FanoutMessage;
}

/** Describes any message of the dead-letter queue. Never throws. */
export function openLetter({ id, body, sentAt, receiveCount, reason }: HeldLetter): OpenedLetter {
  const decoded = decodeFanoutMessage(body);
  const { code, message: why, attempts } = reason ?? untold(decoded, receiveCount);
  const described = { id, code, reason: why, attempts, ...(sentAt !== undefined && { sentAt }) };
  if (!decoded.ok || code === "INVALID_MESSAGE") return { letter: { ...described, malformed: true, body } };
  const { message } = decoded;
  return { letter: { ...described, malformed: false, ...contentsOf(message) }, message };
}

/** Returns the reason for a message that does not say why it is in the dead-letter queue. */
function untold(decoded: ReturnType<typeof decodeFanoutMessage>, receiveCount: number): DeadLetterReason {
  const attempts = receiveCount;
  if (!decoded.ok) return { code: "INVALID_MESSAGE", message: decoded.problem, attempts };
  const message = `moved by the queue's redrive policy; received ${receiveCount} times, looks at it included`;
  return { code: "MAX_RECEIVES", message, attempts };
}

function contentsOf(
  message: FanoutMessage,
): Pick<DeadDelivery, "topicId" | "epoch" | "offsets" | "consumers" | "step" | "events"> {
  const { kind, topicId, epoch, offsets, events } = message;
  return {
    topicId,
    epoch,
    offsets,
    ...(kind === "topic"
      ? { step: message.step, consumers: [] }
      : { consumers: message.consumers.map(({ consumer }) => consumer) }),
    ...(events && { events: events.map((event) => toTopicEvent(topicId, epoch, event)) }),
  };
}
