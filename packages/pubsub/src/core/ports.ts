/**
 * What the core requires from the outside, as obligations. Adapters are factories that satisfy these ports. One
 * conformance suite for each port (tests/pubsub/conformance) runs on every adapter, in memory and real.
 */

import type { RunCounts, RunLedger } from "./fanout/runs-port.ts";
import type { NewestEvents, NewestRequest } from "./log/newest-port.ts";
import type { Observe } from "./pipeline-events.ts";
import type { PresenceRows } from "./presence/rows-port.ts";
import type { Identity } from "./subscriptions/identity.ts";
import type { Tracing } from "./tracing.ts";
import type {
  Abandonments,
  Consumer,
  Position,
  PostFailureKind,
  Publication,
  StoredEvent,
  Subscription,
} from "./types.ts";

/** The topic log: the events of a topic, in epochs, at offsets without holes. */
export interface TopicLog {
  /**
   * MUST be strongly consistent: it returns an append that resolved before this call began. `last` MUST be no older than
   * `record`: if the record already contains the change of an append, `last` includes its event. With `mayLag`, only what
   * `TailOptions` says holds.
   */
  tail(topicId: string, options?: TailOptions): Promise<LogTail>;
  /**
   * MUST write all events at consecutive offsets from `offset` on, with their idempotency records, or none of them. A
   * record without its event MAY remain. It MUST NOT be taken for a publication.
   * MUST write only if there is no event at `offset` and no unexpired record of a publication with one of their ids.
   * MUST recognise its own earlier write whose response was lost, and return `appended` and never `conflict` for it. It
   * returns `duplicate` if each of the publication ids has a record, because another writer may have used the same.
   * With `opening`, MUST also replace the epoch record, if that still equals `opening.replaces`.
   */
  append(request: AppendRequest): Promise<AppendOutcome>;
  /** MUST write the epoch record only if it still equals `replaces`. Returns whether it wrote. */
  openEpoch(request: {
    topicId: string;
    epoch: EpochRecord;
    replaces: EpochRecord | undefined;
  }): Promise<boolean>;
  /**
   * Returns the newest events of an epoch. MUST read backwards from the end, and MUST NOT read on after an expired event:
   * those before it have expired too. MUST be strongly consistent, unless `mayLag` is set.
   */
  newest(request: NewestRequest): Promise<NewestEvents>;
  /**
   * MUST yield the events in ascending order from `after + 1`, without expired ones. MUST be strongly consistent, unless
   * `mayLag` is set: then the newest events MAY be missing, and the read costs half.
   */
  read(request: {
    topicId: string;
    epoch: string;
    after: number;
    limit?: number;
    mayLag?: boolean;
  }): AsyncIterable<StoredEvent>;
}

export interface TailOptions {
  /**
   * The tail as it was a moment ago, at half the price. The newest events MAY be missing, and `record` MAY be missing if
   * `last` is present. MUST return `record` if it exists and no event is stored.
   */
  mayLag?: boolean;
  /**
   * Only with `mayLag`: returns nothing unless an event follows this position. MUST NOT read earlier events, so that their
   * size costs nothing.
   */
  after?: Position;
}

export interface LogTail {
  /** The newest event that is stored, expired or not. `bytesSoFar` is as in `StoredEvent`. */
  last?: { epoch: string; offset: number; expiresAtSeconds: number; bytesSoFar?: number };
  /**
   * MUST be present, if the record exists, when `last` is missing or expires within two minutes. MAY be absent
   * otherwise.
   */
  record?: EpochRecord;
  /** How many read units the call cost, if the adapter knows: a large last event is billed whole. */
  readUnits?: number;
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
  /** Present if the first event is the first of its epoch, or if the epoch may end soon. */
  opening?: { replaces: EpochRecord | undefined };
}

export interface EventToAppend {
  publicationId: string;
  publishedAt: number;
  /** The data as JSON text. */
  json: string;
  /** Whether the data was a string, which subscribers in the data format receive verbatim. */
  verbatim: boolean;
  expiresAtSeconds: number;
  /** Whether the append also writes an idempotency record. */
  idempotent: boolean;
  /** As in `StoredEvent`. */
  bytesSoFar?: number;
  /** As in `StoredEvent`. */
  traceparent?: string;
}

export type AppendOutcome =
  | { outcome: "appended" }
  /** Another writer wrote at this offset, or opened another epoch. */
  | { outcome: "conflict" }
  /** These events were published before, at these positions. Nothing was written. */
  | { outcome: "duplicate"; duplicates: readonly { publicationId: string; epoch: string; offset: number }[] };

/** The subscriptions: which consumer wants which topic, and who may have none any more. */
export interface Subscriptions extends AccessRows, PresenceRows {
  /** MUST replace a subscription of the same consumer to the same topic, and MUST return that one, expired or not. */
  put(subscription: Subscription): Promise<Subscription | undefined>;
  /**
   * Writes the subscription once more. MUST do so only if it is still there with the same `subscribedAt`, so that it does
   * not come back after a revocation removed it. Returns whether it did.
   */
  replace(subscription: Subscription): Promise<boolean>;
  /**
   * MUST be strongly consistent. MUST return `expired` for a subscription whose row is there and has expired, and
   * undefined if there is no row.
   */
  find(subscription: { consumer: Consumer; topicId: string }): Promise<Subscription | "expired" | undefined>;
  /** Removes the subscription, and returns it as it was. Undefined if it does not exist, or cannot be decoded. */
  take(subscription: { consumer: Consumer; topicId: string }): Promise<Subscription | undefined>;
  /**
   * Returns those subscriptions of these consumers to the topic that have not expired, in any order. MUST be strongly
   * consistent, because the fan-out asks whether a subscription was renewed.
   */
  liveOf(request: { consumers: readonly Consumer[]; topicId: string }): Promise<Subscription[]>;
  /** MUST NOT fail if some or all of them do not exist. */
  remove(subscriptions: readonly { consumer: Consumer; topicId: string }[]): Promise<void>;
  /**
   * Returns the topics of a consumer's subscriptions, of at most `limit` rows, and whether no others exist. MUST be
   * strongly consistent. MUST name expired rows only in `expired`, and MUST leave out rows that it cannot decode.
   */
  liveTopicsOf(request: { consumer: Consumer; limit: number }): Promise<LiveTopics>;
  /** MUST be strongly consistent and MUST page to the end. */
  topicsOf(consumer: Consumer): AsyncIterable<string>;
  /**
   * Returns the nonce of one of the consumer's unexpired subscriptions, or undefined if none has one. MUST be strongly
   * consistent.
   */
  nonceOf(consumer: Consumer): Promise<string | undefined>;
  /**
   * Returns one page of a topic's subscriptions, of at most `limit` rows, in an order that is stable while no
   * subscription is added or removed. MAY lag behind writes. MUST leave out expired rows. MUST skip and count rows that
   * it cannot decode. MUST return a cursor unless this page is the last one. A page MAY be empty and have a cursor. MUST
   * accept a cursor whose row does not exist any more. MUST return `userId`, `info` and `activeAtMs` if `withUser` is set, and
   * MUST NOT otherwise: the fan-out holds thousands of subscriptions, and needs none of them.
   */
  page(request: PageRequest): Promise<SubscriptionPage>;
  /** Counts a topic's subscriptions. MAY lag behind writes, and MAY count rows that cannot be decoded. MUST leave out expired rows. */
  count(topicId: string): Promise<number>;
  /**
   * Says that a reader has read this many rows of a topic so far. The adapter MAY spread the topic's further rows, so that
   * more of them can be written in a second. MUST cost nothing for a small topic. Absent if the adapter never does.
   */
  noteSize?(topic: { topicId: string; rows: number }): Promise<void>;
  /**
   * Spreads a topic's further rows over at least this many shards. MUST return how many it has, and from when all of them
   * are used. MUST NOT lose a row to readers, whatever other processes know of it. Absent as `noteSize` is.
   */
  grow?(topic: { topicId: string; shards: number }): Promise<Grown>;
  /**
   * Writes the subscription's new abandonments. MUST do so only if it still has the same `subscribedAt` and the same
   * `abandonments`, so that a worker that is late changes neither a newer subscription nor a newer count. Returns whether
   * it did.
   */
  replaceAbandonments(subscription: SubscriptionState, next: Abandonments): Promise<boolean>;
  /** Removes the subscription, only under the conditions of `replaceAbandonments`. Returns whether it did. */
  removeUnchanged(subscription: SubscriptionState): Promise<boolean>;
}

/** A subscription as a worker has read it. */
export type SubscriptionState = Pick<Subscription, "consumer" | "topicId" | "subscribedAt" | "abandonments">;

/** The rows beside the subscriptions: whose connection it is, whether it has ended, and what was revoked. */
export interface AccessRows {
  /**
   * Returns what stands against a subscription that was just written. MUST be strongly consistent, and MUST leave out
   * expired rows. Counts the connection's subscriptions up to `countTo`, and not at all if that is 0.
   */
  standing(request: { consumer: Consumer; topicId: string; countTo: number }): Promise<Standing>;
  /**
   * Returns when this user's access to the topic, or to all, was last revoked. Without a topic, only a revocation of all
   * counts. MUST be strongly consistent.
   */
  userRevokedAt(request: { userId: string; topicId?: string | undefined }): Promise<number | undefined>;
  /**
   * Records whose connection this is, and with `identity` who it is by its handshake. While `standing` returns the user for
   * a connection, `connectionsOf` that user MUST yield the connection.
   */
  identify(connection: IdentifiedConnection & { identity?: Identity | undefined }): Promise<void>;
  /** Lets `connectionsOf` this user yield the connection, and changes nothing else: it stays the other user's. */
  alsoOf(connection: IdentifiedConnection): Promise<void>;
  /** Returns the `identity` that was recorded. MUST be strongly consistent, and MUST leave out an expired row. */
  identityOf(consumer: Consumer): Promise<Identity | undefined>;
  /** Undoes `identify` right after it: no read returns the user any more. MUST NOT fail if it was undone before. */
  undoIdentify(connection: { consumer: Consumer; userId: string }): Promise<void>;
  /**
   * Removes what `identify` recorded of this connection and, if a user is given, of this user's. MUST NOT fail if there is
   * no such record. If it fails half-way with a user given, a second call MUST remove the rest.
   */
  forget(connection: { consumer: Consumer; userId?: string | undefined }): Promise<void>;
  /** MUST be strongly consistent and MUST page to the end. */
  connectionsOf(userId: string): AsyncIterable<Consumer>;
  /** Writes that the access of a connection or of a user was revoked, to one topic or to all. */
  revoke(revocation: Revocation): Promise<void>;
  /**
   * Writes that a revocation removed this subscription, for the fan-out's messages that name its consumer. MUST keep an
   * earlier record of a later time.
   */
  markRemoved(removed: Removed): Promise<void>;
  /** Returns when a revocation removed consumers from this topic, by `consumerId`. MUST be strongly consistent. */
  removedFrom(topicId: string): Promise<ReadonlyMap<string, number>>;
  /** Writes that a connection has ended. Its subscriptions are removed after this. */
  end(connection: { consumer: Consumer; expiresAtSeconds: number }): Promise<void>;
}

export interface IdentifiedConnection {
  consumer: Consumer;
  userId: string;
  expiresAtSeconds: number;
}

export interface Standing {
  ended: boolean;
  /** When access to the topic, or to all, was last revoked for this connection. Milliseconds since 1970. */
  revokedAtMs?: number;
  /** Whose connection it is, if it is known: from its handshake, or else from a subscription's grant. */
  userId?: string;
  /** Who it is by its handshake. */
  identity?: Identity;
  /** How many subscriptions the connection has, at most `countTo`. */
  count: number;
}

export interface Revocation {
  of: { consumer: Consumer } | { userId: string };
  /** Absent for all topics. */
  topicId?: string | undefined;
  atMs: number;
  expiresAtSeconds: number;
}

export interface Removed {
  consumer: Consumer;
  topicId: string;
  atMs: number;
  expiresAtSeconds: number;
}

export interface LiveTopics {
  topicIds: ReadonlySet<string>;
  /** Those of the topics whose subscription has `latest`. */
  latest: ReadonlySet<string>;
  /** When the subscriptions end, by topic, in seconds since 1970. Those that never end are left out. */
  ends: ReadonlyMap<string, number>;
  /** The topics whose subscription has expired, and whose row is still there. */
  expired: ReadonlySet<string>;
  /** False if the consumer may have further subscriptions. */
  complete: boolean;
}

export interface PageRequest {
  topicId: string;
  cursor?: string | undefined;
  limit: number;
  withUser?: boolean | undefined;
}

export interface Grown {
  shards: number;
  /** Milliseconds since 1970. */
  usedFromMs: number;
}

export interface SubscriptionPage {
  subscriptions: Subscription[];
  malformed: number;
  cursor?: string;
}

/** What connections have cost, for all processes together. */
export interface Spending {
  /**
   * Spends some of the time in one of a connection's accounts. An account has at most `burstMs` of it, and gets a
   * millisecond back each millisecond. MUST be atomic. If the account has too little, it MUST spend and go into debt if
   * `mayOwe` is set, and otherwise MUST spend nothing. SHOULD forget a connection that ended.
   */
  spend(request: SpendRequest): Promise<Spent>;
}

export interface SpendRequest {
  consumer: Consumer;
  account: SpendingAccount;
  costMs: number;
  nowMs: number;
  burstMs: number;
  mayOwe: boolean;
}

/** For all that a connection causes, and for the work of its large messages alone. */
export type SpendingAccount = "all" | "work";

export interface Spent {
  spent: boolean;
  /** The time until which the connection has spent: `burstMs` before `nowMs` at the least, later than `nowMs` if in debt. */
  spentUntilMs: number;
}

/** A WebSocket message, encoded once for all its connections. Adapters may cache by identity. */
export interface Frame {
  readonly body: Uint8Array;
}

export type PostResult =
  | { outcome: "delivered" }
  /**
   * The connection does not exist: its own API returned 410. It has ended or, just after `$connect`, does not exist
   * yet. A 410 of an endpoint that may be another API's is `failed` with the kind `unproven-gone`.
   */
  | { outcome: "gone" }
  /** The account's rate is used up, or this connection's buffer is full (both 429). */
  | { outcome: "throttled" }
  /** Any other failure. If it is not retryable, this frame can never be posted there (a 4xx such as 413). */
  | { outcome: "failed"; retryable: boolean; reason: string; kind?: PostFailureKind };

export interface PostOptions {
  /** After this time the frame must not be sent any more, in milliseconds since 1970 of the caller's clock. */
  sendUntilMs?: number;
  /** When the caller stops waiting for the result, by the same clock. */
  giveUpAtMs?: number;
  /** ASCII text that this connection alone gets, at the end of the frame. */
  tail?: string;
}

/** The connections of the WebSocket API. */
export interface Connections {
  /**
   * MUST NOT throw, whatever the remote side does. MUST NOT retry by itself. MUST NOT send a frame after `sendUntilMs`.
   * MUST return `failed` soon after `giveUpAtMs` for a post that has no result. MUST post the frame's body and the `tail`
   * as one message.
   */
  post(consumer: Consumer, frame: Frame, options?: PostOptions): Promise<PostResult>;
  /**
   * Returns whether a 410 for this consumer is known, by now, to come from its own API. MUST be absent, or return false
   * in case of doubt.
   */
  isProven?(consumer: Consumer): boolean;
  /**
   * Returns why `post` sends nothing to this consumer, whatever the frame: its address is not one that this port may send
   * to. Returns undefined for every other consumer, and if the method is absent, there are no others.
   */
  whyNotPosted?(consumer: Consumer): string | undefined;
}

/**
 * Closes a connection. MUST NOT throw. A connection that does not exist is `gone`. MAY retry by itself, because it is
 * rare and calling it twice is harmless.
 */
export type Disconnect = (consumer: Consumer) => Promise<DisconnectResult>;

export type DisconnectResult = { outcome: "disconnected" | "gone" } | { outcome: "failed"; reason: string };

/** The queue between publish and fan-out. It delivers at least once, in any order. */
export interface FanoutQueue {
  /** Whether a message survives the process that sent it. */
  readonly durable: boolean;
  /** MUST resolve only after every message is durable, and MUST reject otherwise. */
  send(messages: readonly QueuedMessage[]): Promise<void>;
  /** MUST store the message with its `reason` where an operator can find it. */
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

/** The record of a publication's fan-out: which units are claimed or done, and which deliveries abandoned. */
export interface FanoutLedger extends RunLedger {
  /**
   * MUST grant a unit of work to one caller at a time: neither after it is done, nor while another claim's lease lasts.
   * A claim of a unit that is done MUST return the `end` of its result, and one that takes over MUST return the unit's
   * plan. A claim MUST recognise its own earlier write whose response was lost.
   */
  claim(request: ClaimRequest): Promise<ClaimOutcome>;
  /** Writes how a claimed step is cut into parts, before they are sent. MUST be idempotent. */
  plan(request: { publication: Publication; unit: string; plan: StepPlan }): Promise<void>;
  /** MUST be idempotent. */
  settle(request: { publication: Publication; unit: string; result: UnitResult }): Promise<void>;
  /** MUST be idempotent. */
  abandon(request: { publication: Publication; unit: string; abandonment: Abandonment }): Promise<void>;
  /** MUST be strongly consistent. MUST yield the results that `settleRun` recorded as those of the last step, 1. */
  rows(publication: Publication): AsyncIterable<LedgerRow>;
}

export interface ClaimRequest {
  publication: Publication;
  unit: string;
  leaseUntilMs: number;
  nowMs: number;
}

export type ClaimOutcome =
  | { outcome: "claimed" }
  /** An earlier claim's lease ran out: its worker died or froze. */
  | { outcome: "taken-over"; plan?: StepPlan }
  | { outcome: "done"; end?: string }
  | { outcome: "leased"; untilMs: number };

/** How a step is cut into parts. */
export interface StepPlan {
  /** The row after which the next step begins. Absent for the last step. */
  end?: string;
  /** The names of the parts, without the step's, and the least hash of a consumer in each. Ascending. */
  parts: readonly { name: string; from: number }[];
}

/** The outcome of one unit of work for one publication. */
export interface UnitResult extends RunCounts {
  /** For a step that was sent as parts: their names, without the step's. */
  parts?: readonly string[];
  /** Whether this is the last step. False for parts. */
  lastStep: boolean;
  /** The row after which the next step begins. Absent for the last step and for parts. */
  end?: string;
}

export interface Abandonment {
  consumers: readonly Consumer[];
  attempts: number;
  reason: string;
  /** Whether the delivery is not in the dead-letter queue too. */
  unlettered?: true;
}

/** Times are in milliseconds since 1970, by the worker's clock. An adapter MAY leave them and the other optional fields out. */
export type LedgerRow =
  | ({ row: "claimed"; unit: string } & UnitTimes)
  | ({ row: "done"; unit: string } & UnitResult & UnitTimes)
  | {
      row: "abandoned";
      unit: string;
      count: number;
      attempts?: number;
      reason?: string;
      abandonedAtMs?: number;
    };

export interface UnitTimes {
  /** The first claim. A unit that needed no claim has none. */
  claimedAtMs?: number;
  doneAtMs?: number;
}

/** Time and random numbers, so that a test can control both. */
export interface Clock {
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Calls `run` once after `ms`, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void;
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
  /** Absent: nothing is traced. */
  tracing?: Tracing;
}

/** What a handler of clients' messages requires in addition, to limit what a connection costs. */
export interface HandlerPorts extends Ports {
  spending: Spending;
  disconnect: Disconnect;
}
