/** One WebSocket connection, by the names that API Gateway gives it. */
export interface Consumer {
  /** Host of the API, such as `abc123.execute-api.us-east-1.amazonaws.com`. Has no `/`. */
  domainName: string;
  /** Stage of the API; SST names it `$default`. Has no `/`. */
  stage: string;
  /** Such as `L0SM9cOFvHcCIhw=`. */
  connectionId: string;
}

/**
 * What a subscriber receives: with `data` the bare data, with `event` EVENTS messages with offsets, so that the client
 * can order events, drop duplicates and recover.
 */
export type Format = "data" | "event";

/** A place in a topic's log: the event at `offset`. Offset 0 is the place before the first event of the epoch. */
export interface Position {
  epoch: string;
  offset: number;
}

/** Names a publication by its place in its topic's log. */
export interface Publication extends Position {
  topicId: string;
}

export interface Subscription {
  consumer: Consumer;
  topicId: string;
  format: Format;
  /** Milliseconds since 1970. 0 if the row does not contain it. */
  subscribedAt: number;
  /** Seconds since 1970, as DynamoDB's time to live requires. Absent if it never expires. */
  expiresAtSeconds?: number;
  /** Absent as long as its consumer takes what is posted to it. */
  abandonments?: Abandonments;
  /** Of events that are posted together, this connection only gets the newest. */
  latest?: true;
  /** What the EVENTS messages to this connection repeat. Absent in the data format, and if the client sent none. */
  nonce?: string;
  /** Whose connection it is, if that is known. A page has it only if it was asked for. */
  userId?: string;
  /** What other members see of the user, as JSON text. A page has it only if it was asked for. */
  info?: string;
  /** Whether the connection is a member of the topic: a subscription to the topic's members topic belongs to this one. */
  member?: true;
  /** When its connection was last heard of, if that is marked. Milliseconds since 1970. A page has it only if it was asked for. */
  activeAtMs?: number;
}

/** How often deliveries to a subscription were abandoned because its consumer did not take them. */
export interface Abandonments {
  /** Since the last delivery that succeeded. */
  inRow: number;
  /** Since it was subscribed. */
  inAll: number;
  /** Milliseconds since 1970. */
  lastAtMs: number;
}

/** An event as the log stores it. Its data stays JSON text from publish to post. */
export interface StoredEvent {
  offset: number;
  publicationId: string;
  /** Milliseconds since 1970, by the publisher's clock. */
  publishedAt: number;
  json: string;
  /** Whether the data was a string. */
  verbatim: boolean;
  /**
   * How many bytes of data its epoch has up to and including this event, as JSON text in UTF-8. Absent in a row of an
   * earlier version of this library, after which the count begins again at 0.
   */
  bytesSoFar?: number;
  /** How many bytes the data takes in the log, if it is stored in another form than as JSON text. */
  bytesAtRest?: number;
  /** The span that published it, in the form of W3C's Trace Context. Absent unless the publisher is traced. */
  traceparent?: string;
}

/** An event of a topic, as `readTopicEvents` yields it. */
export interface TopicEvent {
  topicId: string;
  epoch: string;
  /** Counts from 1 in an epoch, without holes. */
  offset: number;
  publicationId: string;
  /** Milliseconds since 1970, by the publisher's clock. */
  publishedAt: number;
  data: unknown;
}

/** A failure's reason without its details. There are few kinds, so that they can be counted. */
export type PostFailureKind =
  | "3xx"
  | "4xx"
  | "5xx"
  | "no-credentials"
  | "no-connection"
  | "broken-connection"
  | "no-answer"
  | "bad-answer"
  | "unproven-gone";
