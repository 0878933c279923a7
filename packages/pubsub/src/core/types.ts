/** One WebSocket connection, as API Gateway names it. */
export interface Consumer {
  /** Host of the API, such as `abc123.execute-api.us-east-1.amazonaws.com`. Has no `/`. */
  domainName: string;
  /** Stage of the API; SST names it `$default`. Has no `/`. */
  stage: string;
  /** Such as `L0SM9cOFvHcCIhw=`. */
  connectionId: string;
}

/**
 * How a subscriber is sent a publication: `data`, the bare data, or `event`, in an EVENTS frame with its
 * offset, so that the client can order, deduplicate and catch up.
 */
export type Format = "data" | "event";

/** A place in a topic's log: the event at `offset`, or before the first one of the epoch with offset 0. */
export interface Position {
  epoch: string;
  offset: number;
}

/** Which publication: its place in its topic's log. */
export interface Publication extends Position {
  topicId: string;
}

export interface Subscription {
  consumer: Consumer;
  topicId: string;
  format: Format;
  /** Milliseconds since 1970; 0 where the row does not say. */
  subscribedAt: number;
  /** Seconds since 1970, as DynamoDB's time to live wants them; absent: never. */
  expiresAtSeconds?: number;
  /** The old package of this name wrote it, in a row of another shape. */
  isLegacy?: true;
}

/** An event as the log keeps it: its data stays JSON text from publish to post. */
export interface StoredEvent {
  offset: number;
  publicationId: string;
  /** Milliseconds since 1970, by the publisher's clock. */
  publishedAt: number;
  json: string;
  /** Whether the data was a string. */
  verbatim: boolean;
}

/** An event of a topic, as `readTopicEvents` yields it. */
export interface TopicEvent {
  topicId: string;
  epoch: string;
  /** Contiguous from 1 within an epoch. */
  offset: number;
  publicationId: string;
  /** Milliseconds since 1970, by the publisher's clock. */
  publishedAt: number;
  data: unknown;
}

/** A failure's reason without its details: there are few of them, so that they can be counted. */
export type PostFailureKind =
  | "3xx"
  | "4xx"
  | "5xx"
  | "no-credentials"
  | "no-connection"
  | "broken-connection"
  | "no-answer"
  | "bad-answer";
