/** The messages of the fan-out queue. They are internal: this library writes and reads them. */
import type { Consumer, Format, StoredEvent } from "../types.ts";

export type FanoutMessage = PageMessage | RedeliveryMessage;

interface RunMessage {
  topicId: string;
  epoch: string;
  /** The events that are posted together, ascending. */
  offsets: readonly number[];
  /** The events, if they are small enough for the message. Otherwise the worker reads them from the log. */
  events?: readonly StoredEvent[];
}

/** Asks for posts to one page of the topic's subscriptions. */
export interface PageMessage extends RunMessage {
  kind: "page";
  /** Counts from 1. */
  page: number;
  /** The row after which the page begins. Absent for the first page. */
  cursor?: string;
}

/** Asks for posts to the consumers of a part. */
export interface RedeliveryMessage extends RunMessage {
  kind: "redelivery";
  /** The name of this part in the ledger: the unit that handed it on, and which of its parts it is. */
  unit: string;
  /** The attempt that this message asks for. A part that was handed on because time ran out keeps its attempt. */
  attempt: number;
  consumers: readonly PendingConsumer[];
}

export interface PendingConsumer {
  consumer: Consumer;
  format: Format;
  /** Milliseconds since 1970. 0 if unknown. */
  subscribedAt: number;
  /** The first of the message's offsets that this consumer still needs. */
  from: number;
}

const VERSION = 1;

/** Encodes a message as JSON. Groups consumers by endpoint, because connection ids are most of a redelivery. */
export function encodeFanoutMessage(message: FanoutMessage): string {
  const { kind, topicId, epoch, offsets, events } = message;
  const run = { v: VERSION, kind, topicId, epoch, offsets, events };
  if (message.kind === "page") return queueText({ ...run, page: message.page, cursor: message.cursor });
  const { unit, attempt, consumers } = message;
  return queueText({ ...run, unit, attempt, endpoints: groupByEndpoint(consumers) });
}

/**
 * A publication may contain U+FFFE, U+FFFF and characters above. SQS rejects the first two in a body, and fauxqs also
 * the others. So they are written as JSON escapes.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const queueText = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\ud800-\udfff\ufffe\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
  );

export interface EndpointGroup {
  domainName: string;
  stage: string;
  /** connectionId, format, subscribedAt, from */
  connections: [string, Format, number, number][];
}

function groupByEndpoint(consumers: readonly PendingConsumer[]): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup>();
  for (const { consumer, format, subscribedAt, from } of consumers) {
    const { domainName, stage, connectionId } = consumer;
    const key = `${domainName}/${stage}`;
    const group = groups.get(key) ?? { domainName, stage, connections: [] };
    group.connections.push([connectionId, format, subscribedAt, from]);
    groups.set(key, group);
  }
  return [...groups.values()];
}
