/** What happened in a run, for invariants to look at. */

import type { DeadLetterReason, FanoutLedger } from "../../../packages/pubsub/src/core/ports.ts";
import type { PublishResult } from "../../../packages/pubsub/src/core/publish/publish.ts";
import type { Consumer, Position } from "../../../packages/pubsub/src/core/types.ts";
import type { MemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";

export const TOPIC = "topic";

export interface Records {
  log: MemoryTopicLog;
  ledger: FanoutLedger;
  published: PublishedRecord[];
  subscribers: SubscriberRecord[];
  posts: PostedRecord[];
  /** Whom an invocation queued a redelivery for, or tried to. */
  handedOn: { consumer: Consumer; invocation: number; positions: Position[] }[];
  /** Consumers of every abandonment. */
  abandoned: { position: Position; consumers: readonly Consumer[] }[];
  /** Work that was claimed and not written down as done by the same invocation. */
  cuts(): { position: Position; invocation: number }[];
  claims: Map<string, { position: Position; invocation: number; settled: boolean }>;
  deadLetters: readonly { body: string; reason: DeadLetterReason }[];
  /** Order of what the publishers saw: counts up. */
  step(): number;
}

export interface PublishedRecord {
  publicationId: string | undefined;
  /** In the data: no two events have the same, but those of one publication id. */
  marker: string;
  beganStep: number;
  resolvedStep: number;
  result: PublishResult;
}

export interface SubscriberRecord {
  consumer: Consumer;
  /** What `subscribe` answered. */
  position: Position;
  /** Left, or was cut off, at some time. */
  left: boolean;
}

export interface PostedRecord {
  consumer: Consumer;
  invocation: number;
  markers: string[];
  arrived: boolean;
  /** It arrived, and the worker was told that it did not. */
  answerLost: boolean;
}

/** The markers of the events in a frame of either format. */
export function markersOf(text: string): string[] {
  if (text.startsWith("m:")) return [text];
  const value = JSON.parse(text) as { m: string } | { type: string; events: { data: unknown }[] };
  return "m" in value ? [value.m] : value.events.flatMap(({ data }) => markersOfData(data));
}

const markersOfData = (data: unknown): string[] =>
  markersOf(typeof data === "string" ? data : JSON.stringify(data));

export const isBehind = (a: Position, b: Position): boolean =>
  a.epoch === b.epoch ? a.offset > b.offset : a.epoch > b.epoch;
