/** Records of a run, which the invariants check. */

import type { DeadLetterReason, FanoutLedger } from "../../../packages/pubsub/src/core/ports.ts";
import type { PublishResult } from "../../../packages/pubsub/src/core/publish/publish.ts";
import type { Consumer, Format, Position } from "../../../packages/pubsub/src/core/types.ts";
import type { MemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";

export const TOPIC = "topic";

export interface Records {
  log: MemoryTopicLog;
  ledger: FanoutLedger;
  published: PublishedRecord[];
  subscribers: SubscriberRecord[];
  posts: PostedRecord[];
  /** Consumers for which an invocation queued a redelivery or tried to. */
  handedOn: { consumer: Consumer; invocation: number; positions: Position[] }[];
  /** The consumers of every abandonment. */
  abandoned: { position: Position; consumers: readonly Consumer[] }[];
  /** How many messages for a whole topic name each position, as `epoch#offset`. */
  queued: Map<string, number>;
  /** Returns the work that an invocation claimed but did not mark as done. */
  cuts(): { position: Position; invocation: number }[];
  /** By invocation, unit and position. A run without a claim has the unit `run`. */
  claims: Map<string, { unit: string; position: Position; invocation: number; settled: boolean }>;
  deadLetters: readonly { body: string; reason: DeadLetterReason }[];
  /** Returns a number that counts up, to order what the publishers saw. */
  step(): number;
}

export interface PublishedRecord {
  publicationId: string | undefined;
  /** A text in the data. Only events of one publication id share it. */
  marker: string;
  beganStep: number;
  resolvedStep: number;
  result: PublishResult;
}

export interface SubscriberRecord {
  consumer: Consumer;
  /** The position that `subscribe` returned. */
  position: Position;
  format: Format;
  /** True if the subscriber left or was disconnected at any time. */
  left: boolean;
}

export interface PostedRecord {
  consumer: Consumer;
  invocation: number;
  markers: string[];
  arrived: boolean;
  /** True if the post arrived but the worker received an error. */
  answerLost: boolean;
}

/** Returns the markers of the events in a frame of either format. */
export function markersOf(text: string): string[] {
  if (text.startsWith("m:")) return [text];
  const value = JSON.parse(text) as { m: string } | { type: string; events: { data: unknown }[] };
  return "m" in value ? [value.m] : value.events.flatMap(({ data }) => markersOfData(data));
}

const markersOfData = (data: unknown): string[] =>
  markersOf(typeof data === "string" ? data : JSON.stringify(data));

export const isBehind = (a: Position, b: Position): boolean =>
  a.epoch === b.epoch ? a.offset > b.offset : a.epoch > b.epoch;
