/** What the inspector's page and its server say to each other. The page imports only types of it. */
import type {
  DeadLetter,
  PublicationRecord,
  RedriveResult,
  TopicEvent,
  TopicMember,
} from "lambda-websocket-pubsub";
import type { Cost } from "../cost/index.ts";

/** What is inspected. */
export interface About {
  kind: "local" | "aws";
  table: string;
  queue?: string;
  region: string;
  websocketUrl?: string;
  /** `all`: the page gets every event of every topic. `watched`: the server reads the topics that the page names. */
  feed: "all" | "watched";
  /** How often there is a new sample of the health, in milliseconds. Absent: there are none. */
  healthEveryMs?: number;
}

/** An event without its data. */
export interface EventHead extends Omit<TopicEvent, "data"> {
  /** Of the data as JSON text; of a compressed event in the live feed, as it is stored. */
  bytes: number;
}

/** A line of the live feed. */
export type LiveMessage = { events: EventHead[]; left: number } | { problem: string } | { alive: true };

export interface Subscribers {
  count: number;
  /** The count stopped here, so that there are at least as many. */
  capped: boolean;
  /** The first ones: `{domainName}/{stage}/{connectionId}`. */
  first: string[];
}

export interface Members {
  count: number;
  first: TopicMember[];
}

export interface Letters {
  /** Approximate, as SQS counts. */
  visible: number;
  held: number;
  letters: LetterHead[];
}

/** A dead letter without the data of its events. */
export type LetterHead =
  | (Omit<Extract<DeadLetter, { malformed: false }>, "events" | "consumers"> & { consumers: number })
  | Omit<Extract<DeadLetter, { malformed: true }>, "body">;

export interface RedriveRequest {
  topicId?: string;
  code?: string;
  max?: number;
  dryRun: boolean;
}

/** A line of the response to a redrive. */
export type RedriveMessage = { progress: RedriveResult } | { result: RedriveResult } | { error: WireError };

export interface WireError {
  code: string;
  message: string;
}

export type { Cost, PublicationRecord, RedriveResult };

/** What happened in the time up to `atMs`. Numbers without a unit in their name are counts in that time. */
export interface HealthSample {
  atMs: number;
  seconds: number;
  delivered: number;
  gone: number;
  /** Posts that got 429. */
  throttled: number;
  failed: number;
  publications: number;
  /** Absent if no post was measured. */
  latencyMs?: { p50: number; p90: number; p99: number };
  /** How long the oldest message waited that a worker got, from its send, its own delay included. Absent if there was none. */
  queueAgeMs?: number;
  /** The least rate to which a worker limits its posts: learned from 429s, or configured. Absent if none knows a limit. */
  postsPerSecondMax?: number;
  connections?: number;
  batchesInFlight?: number;
}

export interface Health {
  samples: HealthSample[];
  /** What the stack's use would have cost on AWS since it started. */
  cost?: Cost & { asOf: string; sinceMs: number };
  note?: string;
}
