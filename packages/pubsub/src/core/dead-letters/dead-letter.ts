import { decodeFanoutMessage } from "../fanout/decode-message.ts";
import type { FanoutMessage } from "../fanout/message.ts";
import type { DeadLetterReason } from "../ports.ts";
import type { Consumer, StoredEvent, TopicEvent } from "../types.ts";
import type { HeldLetter } from "./port.ts";

/** What lies in the dead-letter queue: work of the fan-out that was given up on, or what nobody can read. */
export type DeadLetter = DeadDelivery | MalformedDeadLetter;

interface Described {
  /** SQS's id of the message. */
  id: string;
  /**
   * `DELIVERY_ABANDONED`: after the last attempt. `MAX_RECEIVES`: the queue's own redrive policy moved it, after it had
   * been received too often. `INVALID_MESSAGE`: nobody can read it.
   */
  code: string;
  /** Up to five different errors that the consumers were given up with; or what is wrong with the message. */
  reason: string;
  /** How often it was tried. With `MAX_RECEIVES`, how often it was received: looking at it counts too. */
  attempts: number;
  /** Milliseconds since 1970, by SQS's clock. Absent where the queue gives no time. */
  sentAt?: number;
}

/** Events that did not reach these consumers. */
export interface DeadDelivery extends Described {
  malformed: false;
  topicId: string;
  epoch: string;
  /** Of the events, ascending. */
  offsets: readonly number[];
  /** Who misses them; nobody by name where a whole page of the topic's subscribers does. */
  consumers: readonly Consumer[];
  /** Which page of the topic's subscribers, from 1, where it is a page. */
  page?: number;
  /** The events that travelled with the letter, up to 48 KB; absent, they are in the log or nowhere. */
  events?: readonly TopicEvent[];
}

/** A message that is none of the fan-out's. */
export interface MalformedDeadLetter extends Described {
  malformed: true;
  body: string;
}

/** A dead letter as it is told, and the message to be sent again, which a malformed one has none of. */
export interface OpenedLetter {
  letter: DeadLetter;
  message?: FanoutMessage;
}

/** Whatever lies there, described. Never throws. */
export function openLetter({ id, body, sentAt, receiveCount, reason }: HeldLetter): OpenedLetter {
  const decoded = decodeFanoutMessage(body);
  const { code, message: why, attempts } = reason ?? untold(decoded, receiveCount);
  const described = { id, code, reason: why, attempts, ...(sentAt !== undefined && { sentAt }) };
  if (!decoded.ok || code === "INVALID_MESSAGE") return { letter: { ...described, malformed: true, body } };
  const { message } = decoded;
  return { letter: { ...described, malformed: false, ...contentsOf(message) }, message };
}

/** Of a message that does not say why it is there. */
function untold(decoded: ReturnType<typeof decodeFanoutMessage>, receiveCount: number): DeadLetterReason {
  const attempts = receiveCount;
  if (!decoded.ok) return { code: "INVALID_MESSAGE", message: decoded.problem, attempts };
  const message = `moved by the queue's redrive policy; received ${receiveCount} times, looks at it included`;
  return { code: "MAX_RECEIVES", message, attempts };
}

function contentsOf(
  message: FanoutMessage,
): Pick<DeadDelivery, "topicId" | "epoch" | "offsets" | "consumers" | "page" | "events"> {
  const { kind, topicId, epoch, offsets, events } = message;
  return {
    topicId,
    epoch,
    offsets,
    ...(kind === "page"
      ? { page: message.page, consumers: [] }
      : { consumers: message.consumers.map(({ consumer }) => consumer) }),
    ...(events && { events: events.map((event) => toTopicEvent(topicId, epoch, event)) }),
  };
}

const toTopicEvent = (
  topicId: string,
  epoch: string,
  { offset, publicationId, publishedAt, json }: StoredEvent,
): TopicEvent => ({
  topicId,
  epoch,
  offset,
  publicationId,
  publishedAt,
  data: JSON.parse(json) as unknown,
});
