/** A place in a topic's log: the event at `offset`. Offset 0 is the place before the first event of the epoch. */
export interface Position {
  /** Epochs sort by time as strings. */
  epoch: string;
  /** Offsets start at 1 in each epoch and have no holes. */
  offset: number;
}

export interface TopicEvent<Data = unknown> extends Position {
  topicId: string;
  publicationId: string;
  /** Milliseconds since 1970, by the producer's clock. */
  publishedAt: number;
  data: Data;
}

/**
 * - `history-unavailable`: the events have expired, or there are more of them than the server replays
 * - `new-epoch`: all events of the topic's log expired and a new epoch began. How far the old epoch went is unknown
 * - `position-unknown`: the server's log ends before the position that the client sent, for example because the
 *   position comes from another deployment. In this case `from` sorts after `to`
 */
export type GapReason = "history-unavailable" | "new-epoch" | "position-unknown";

/** Events that the client can no longer get: all from `from` to `to`, both included. Delivery continues after `to`. */
export interface Gap {
  topicId: string;
  from: Position;
  to: Position;
  reason: GapReason;
}
