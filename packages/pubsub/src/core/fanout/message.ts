/** The messages of the fan-out queue. They are internal: this library writes and reads them. */
import { queueText } from "../queue-text.ts";
import type { Abandonments, Consumer, Format, StoredEvent } from "../types.ts";

export type FanoutMessage = TopicMessage | PartMessage;

interface RunMessage {
  topicId: string;
  epoch: string;
  /** The events that are posted together, ascending. */
  offsets: readonly number[];
  /** The events, if they are small enough for the message. Otherwise the worker reads them from the log. */
  events?: readonly StoredEvent[];
  /** Which connections have some of the events already. Absent if none has. */
  echoes?: readonly Echo[] | undefined;
  /** How many messages of workers lie between this one and the publish. Absent for 0. `HOPS_MAX` is the limit. */
  hops?: number | undefined;
}

/**
 * A connection that published an event itself and got its position in the response (PUBLISHED). Its subscription of the
 * format `event` does not need the event.
 */
export interface Echo {
  offset: number;
  consumer: Consumer;
}

/** Asks for the fan-out to the topic's subscribers, from one step of the dispatch on. */
export interface TopicMessage extends RunMessage {
  kind: "topic";
  /** The first step to do. Counts from 1. */
  step: number;
  /** The row of the index after which the step begins. Absent for the first step. */
  cursor?: string;
  /** Whether another message has perhaps asked for the same: the publication is a repeated one, or this a redriven letter. */
  again?: true;
}

/** Asks for posts to the consumers of a part. */
export interface PartMessage extends RunMessage {
  kind: "part";
  /** The name of this part in the ledger: the unit that handed it on, and which of its parts it is. */
  unit: string;
  /** The attempt that this message asks for. A part that was handed on because time ran out keeps its attempt. */
  attempt: number;
  consumers: readonly PendingConsumer[];
  /**
   * How long before the message was sent its consumers were read from the index. Only in the parts of a dispatch: the
   * consumers of any other part were read at an unknown time.
   */
  ageMs?: number | undefined;
}

export interface PendingConsumer {
  consumer: Consumer;
  format: Format;
  /** Milliseconds since 1970. 0 if unknown. */
  subscribedAt: number;
  /** The first of the message's offsets that this consumer still needs. */
  from: number;
  /** Of the message's offsets, this consumer only gets the newest. */
  latest?: true;
  /** As the dispatcher read them. */
  abandonments?: Abandonments;
  /** What its EVENTS frames repeat. */
  nonce?: string;
  /** Whether it is a member of the topic, so that it has a second subscription, to the members topic. */
  member?: true;
  /** When the subscription ends, in seconds since 1970, if that is before its connection must end. */
  expiresAtSeconds?: number | undefined;
}

const VERSION = 1;

/**
 * The kinds as they are in the queue. Workers of the version before the dispatcher know these names, so that messages
 * are understood in both directions while a deployment replaces one version by the other.
 */
export const KIND_IN_QUEUE: Readonly<Record<FanoutMessage["kind"], string>> = {
  topic: "page",
  part: "redelivery",
};

/** Encodes a message as JSON. Groups consumers by endpoint, because connection ids are most of a part. */
export function encodeFanoutMessage(message: FanoutMessage): string {
  const { kind, topicId, epoch, offsets, events, echoes, hops } = message;
  const run = {
    v: VERSION,
    kind: KIND_IN_QUEUE[kind],
    topicId,
    epoch,
    offsets,
    hops: hops || undefined,
    echoes: echoes && encodeEchoes(echoes),
    events,
  };
  if (message.kind === "topic") {
    const { step: page, cursor, again } = message;
    return queueText({ ...run, page, cursor, again });
  }
  const { unit, attempt, consumers, ageMs } = message;
  return queueText({ ...run, unit, attempt, ageMs, endpoints: groupByEndpoint(consumers) });
}

/**
 * An offset, and the connection that has the event at it: domain name, stage, connection id. A list beside the others,
 * because workers of the version before it ignore it and post the event: the client drops an event that it has.
 */
export type EncodedEcho = [number, string, string, string];

const encodeEchoes = (echoes: readonly Echo[]): EncodedEcho[] =>
  echoes.map(({ offset, consumer: { domainName, stage, connectionId } }) => [
    offset,
    domainName,
    stage,
    connectionId,
  ]);

export interface EndpointGroup {
  domainName: string;
  stage: string;
  /** connectionId, format, subscribedAt, from */
  connections: [string, Format, number, number][];
  /**
   * Index in `connections`, and the abandonments: in a row, in all, time of the last. Absent if there are none. They are no
   * fields of the connection, because workers of earlier versions accept only the four.
   */
  abandoned?: [number, number, number, number][];
  /**
   * The nonce of each connection, or an empty text. Absent if none has one. In a list of its own, because workers of the
   * version before nonces accept no longer entries, and leave out what they don't know.
   */
  nonces?: string[];
  /**
   * Which of these connections have a subscription that ends before they do, by their index, and when. Beside them,
   * because a worker of an earlier version rejects a connection with another field, and ignores another list.
   */
  ends?: [number, number][];
  /** The indexes of the connections that only want the newest event. Beside them, so that earlier workers post all events. */
  latest?: number[];
  /** The indexes of the connections that are members. Absent if none is. */
  members?: number[];
}

function groupByEndpoint(consumers: readonly PendingConsumer[]): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup>();
  for (const pending of consumers) {
    const { consumer, format, subscribedAt, from, latest, nonce, abandonments, expiresAtSeconds, member } =
      pending;
    const { domainName, stage, connectionId } = consumer;
    const key = `${domainName}/${stage}`;
    const group: EndpointGroup = groups.get(key) ?? { domainName, stage, connections: [] };
    if (nonce !== undefined) group.nonces ??= group.connections.map(() => "");
    group.nonces?.push(nonce ?? "");
    const index = group.connections.push([connectionId, format, subscribedAt, from]) - 1;
    if (abandonments) {
      const { inRow, inAll, lastAtMs } = abandonments;
      group.abandoned ??= [];
      group.abandoned.push([index, inRow, inAll, lastAtMs]);
    }
    if (expiresAtSeconds !== undefined) {
      group.ends ??= [];
      group.ends.push([index, expiresAtSeconds]);
    }
    if (latest) {
      group.latest ??= [];
      group.latest.push(index);
    }
    if (member) {
      group.members ??= [];
      group.members.push(index);
    }
    groups.set(key, group);
  }
  return [...groups.values()];
}
