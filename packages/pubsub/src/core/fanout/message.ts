/** What travels on the fan-out queue. docs/protocol.md does not cover it: both ends are this library. */
import type { Consumer, Format, StoredEvent } from "../types.ts";

export type FanoutMessage = PageMessage | RedeliveryMessage;

interface RunMessage {
  topicId: string;
  epoch: string;
  /** Ascending; the events that go out together. */
  offsets: readonly number[];
  /** The events themselves, where they are small enough to travel along; otherwise they are in the log. */
  events?: readonly StoredEvent[];
}

/** One page of the topic's subscriptions is to be posted to. */
export interface PageMessage extends RunMessage {
  kind: "page";
  /** From 1. */
  page: number;
  /** Behind whom the page begins; absent for the first one. */
  cursor?: string;
}

/** These consumers are still to be posted to. */
export interface RedeliveryMessage extends RunMessage {
  kind: "redelivery";
  /** Names this work in the ledger: the unit that handed it on, and which of its parts this is. */
  unit: string;
  /** From 2: the attempt that this message asks for. */
  attempt: number;
  consumers: readonly PendingConsumer[];
}

export interface PendingConsumer {
  consumer: Consumer;
  format: Format;
  /** Milliseconds since 1970; 0 when not known. */
  subscribedAt: number;
  /** The first of the message's offsets that this consumer has not been posted. */
  from: number;
}

const VERSION = 1;

/** JSON, with consumers grouped by where they are connected: connection ids are most of a redelivery. */
export function encodeFanoutMessage(message: FanoutMessage): string {
  const { kind, topicId, epoch, offsets, events } = message;
  const run = { v: VERSION, kind, topicId, epoch, offsets, events };
  if (message.kind === "page") return queueText({ ...run, page: message.page, cursor: message.cursor });
  const { unit, attempt, consumers } = message;
  return queueText({ ...run, unit, attempt, endpoints: groupByEndpoint(consumers) });
}

/**
 * SQS refuses a body with U+FFFE or U+FFFF in it, and fauxqs one with anything above, though a publication may
 * hold them: as JSON escapes they pass.
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
