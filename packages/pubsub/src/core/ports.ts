/**
 * What the core needs of the world, as obligations. Adapters are factories that satisfy these; one conformance
 * suite a port (tests/pubsub/conformance) runs on every adapter, in memory and real.
 */
import type { Observe } from "./pipeline-events.ts";
import type { Consumer, PostFailureKind, Publication, StoredEvent, Subscription } from "./types.ts";

/** The topic log: events of a topic, in epochs, at offsets without holes. */
export interface TopicLog {
  /**
   * MUST be strongly consistent: an append that resolved before this call began is seen. `last` MUST be no older
   * than `record`: an event whose append the record already tells of is seen too.
   */
  tail(topicId: string): Promise<LogTail>;
  /**
   * MUST write all of the events at consecutive offsets from `offset` on, with their idempotency records, or
   * none of them, and only if no event stands at `offset` and no live record names one of their publication
   * ids. MUST recognise its own earlier write whose answer was lost: that is `appended`, or `duplicate` where
   * every one of its publication ids has a record, since another writer may have come with the same; never a
   * conflict.
   * With `opening`, MUST also replace the epoch record, if it still is what `opening.replaces` says.
   */
  append(request: AppendRequest): Promise<AppendOutcome>;
  /** MUST write the epoch record only if it still is what `replaces` says; answers whether it did. */
  openEpoch(request: {
    topicId: string;
    epoch: EpochRecord;
    replaces: EpochRecord | undefined;
  }): Promise<boolean>;
  /** MUST yield ascending from `after + 1`, strongly consistent, without expired events. */
  read(request: {
    topicId: string;
    epoch: string;
    after: number;
    limit?: number;
  }): AsyncIterable<StoredEvent>;
}

export interface LogTail {
  /** The newest event that is stored, expired or not. */
  last?: { epoch: string; offset: number; expiresAtSeconds: number };
  /**
   * MUST be there, if the record exists, when `last` is missing or expires within two minutes; MAY be left out
   * otherwise.
   */
  record?: EpochRecord;
}

/** Which epoch is the newest, and whether an event was ever written in it. */
export interface EpochRecord {
  epoch: string;
  used: boolean;
  expiresAtSeconds: number;
}

export interface AppendRequest {
  topicId: string;
  epoch: string;
  /** The offset of the first event. */
  offset: number;
  events: readonly EventToAppend[];
  /** Given when the first of the events is the first of its epoch, or when the epoch may be about to end. */
  opening?: { replaces: EpochRecord | undefined };
}

export interface EventToAppend {
  publicationId: string;
  publishedAt: number;
  /** The data as JSON text. */
  json: string;
  /** Whether the data was a string, to be sent as it is to subscribers in the data format. */
  verbatim: boolean;
  expiresAtSeconds: number;
  /** Whether an idempotency record is written along. */
  idempotent: boolean;
}

export type AppendOutcome =
  | { outcome: "appended" }
  /** Somebody else wrote at this offset, or opened another epoch. */
  | { outcome: "conflict" }
  /** These of the events were published before, at these positions; nothing was written. */
  | { outcome: "duplicate"; duplicates: readonly { publicationId: string; epoch: string; offset: number }[] };

/** Who wants which topic. */
export interface Subscriptions {
  /** MUST replace a subscription of the same consumer to the same topic. */
  put(subscription: Subscription): Promise<void>;
  /** MUST be strongly consistent, and MUST NOT know an expired subscription. */
  has(subscription: { consumer: Consumer; topicId: string }): Promise<boolean>;
  /** MUST NOT fail when some or all are not there. */
  remove(subscriptions: readonly { consumer: Consumer; topicId: string }[]): Promise<void>;
  /** MUST be strongly consistent and MUST page to the end. */
  topicsOf(consumer: Consumer): AsyncIterable<string>;
  /**
   * One page of a topic's subscriptions, in an order that stays the same as long as nobody comes or goes. MAY
   * lag behind writes. MUST leave out expired rows, MUST skip and count rows it can't read, and MUST answer a
   * cursor unless there is nothing behind this page. A page MAY be empty and have a cursor, and the row that a
   * cursor stands for MAY be gone by the time it is used.
   */
  page(request: { topicId: string; cursor?: string | undefined; limit: number }): Promise<SubscriptionPage>;
  /** The cursor of a page that ends with this subscription. */
  cursorOf(subscription: Subscription): string;
}

export interface SubscriptionPage {
  subscriptions: Subscription[];
  malformed: number;
  cursor?: string;
}

/** A WebSocket message, encoded once however many connections it goes to. Adapters may cache by identity. */
export interface Frame {
  readonly body: Uint8Array;
}

export type PostResult =
  | { outcome: "delivered" }
  /** The connection does not exist (410): any more, or, just after `$connect`, yet. */
  | { outcome: "gone" }
  /** The account's rate, or this connection's buffer (both 429). */
  | { outcome: "throttled" }
  /** Anything else. Not retryable: this frame can never be posted there (a 4xx such as 413). */
  | { outcome: "failed"; retryable: boolean; reason: string; kind?: PostFailureKind };

export interface PostOptions {
  /** When the frame must not be sent any more if it was not, in milliseconds of the caller's clock since 1970. */
  sendUntilMs?: number;
  /** When the caller can't wait any longer for the result, by the same clock. */
  giveUpAtMs?: number;
}

/** The connections of the WebSocket API. */
export interface Connections {
  /**
   * MUST NOT throw for anything the remote side does; MUST NOT retry by itself. MUST NOT
   * send a frame after `sendUntilMs`, and MUST fail a post that has no result soon after `giveUpAtMs`.
   */
  post(consumer: Consumer, frame: Frame, options?: PostOptions): Promise<PostResult>;
}

/** The queue between publish and fan-out. At least once, in any order. */
export interface FanoutQueue {
  /** Whether what was sent survives the process that sent it. */
  readonly durable: boolean;
  /** MUST resolve only when every message is durable, MUST reject otherwise. */
  send(messages: readonly QueuedMessage[]): Promise<void>;
  /** MUST put the message where somebody will look at it; `reason` says why it is there. */
  deadLetter(body: string, reason: DeadLetterReason): Promise<void>;
}

export interface QueuedMessage {
  body: string;
  delaySeconds: number;
}

export interface DeadLetterReason {
  code: string;
  message: string;
  attempts: number;
}

/** What happened to a publication's fan-out: a page's work claimed and done, a delivery abandoned. */
export interface FanoutLedger {
  /**
   * MUST grant a unit of work to one caller at a time: not when it is done, nor while another claim's lease
   * lasts. A claim after a lease ran out MUST answer the end of the first claim, not the one asked for. A
   * claim MUST recognise its own earlier write whose answer was lost.
   */
  claim(request: ClaimRequest): Promise<ClaimOutcome>;
  /** MUST be idempotent. */
  settle(request: { publication: Publication; unit: string; result: UnitResult }): Promise<void>;
  /** MUST be idempotent. */
  abandon(request: { publication: Publication; unit: string; abandonment: Abandonment }): Promise<void>;
  /** MUST be strongly consistent. */
  rows(publication: Publication): AsyncIterable<LedgerRow>;
}

export interface ClaimRequest {
  publication: Publication;
  unit: string;
  leaseUntilMs: number;
  nowMs: number;
  /** The cursor of the row that a page reaches up to; absent: to the end, and of redeliveries. */
  end?: string | undefined;
}

export type ClaimOutcome =
  | { outcome: "claimed" }
  /** An earlier claim's lease ran out: its worker died, or froze. */
  | { outcome: "taken-over"; end?: string }
  | { outcome: "done" }
  | { outcome: "leased"; untilMs: number };

/** The outcome of one unit of work for one publication. */
export interface UnitResult {
  /** How many consumers the unit was about. */
  consumers: number;
  delivered: number;
  gone: number;
  /** Posts made again after one that failed. */
  retried: number;
  /** How many further units this one handed on. */
  handedOn: number;
  /** Whether no page comes after this one; false for redeliveries. */
  lastPage: boolean;
}

export interface Abandonment {
  consumers: readonly Consumer[];
  attempts: number;
  reason: string;
}

export type LedgerRow =
  | { row: "claimed"; unit: string }
  | ({ row: "done"; unit: string; end?: string } & UnitResult)
  | { row: "abandoned"; unit: string; count: number };

/** Time and chance, so that both can be driven by a test. */
export interface Clock {
  now(): number;
  sleep(ms: number): Promise<void>;
  /** From 0 up to but not including 1. */
  random(): number;
}

export interface Ports {
  log: TopicLog;
  subscriptions: Subscriptions;
  connections: Connections;
  queue: FanoutQueue;
  ledger: FanoutLedger;
  clock: Clock;
  observe: Observe;
}
