/** An order of the benchmark to its publisher. */
export interface PublishOrder {
  topicId: string;
  /** Distinguishes the events of this run from those of other runs on the same topic. */
  run: number;
  publishesPerSecond: number;
  seconds: number;
}

export interface PublishReply {
  /** The offset of each publish, in the order in which the publishes began. Undefined if it was rejected. */
  offsets: (number | undefined)[];
  /** Error codes of the rejected publishes. */
  rejected: string[];
  /** When the last publish began, by `Date.now()`. */
  lastBegunAtMs: number;
}

/** An order of the benchmark to its listeners. */
export type ListenOrder =
  | { do: "connect"; websocketUrl: string; topicId: string; subscribers: number }
  /** Forgets all received events and prepares for the events of this run. */
  | { do: "begin"; run: number; publishes: number }
  /** Replies when all listeners together have got this number of events, or none of them a new one for this time. */
  | { do: "await"; deliveries: number; patienceMs: number }
  /** Replies with the received events, when everything that was sent before has arrived. */
  | { do: "report"; offsets: readonly (number | undefined)[] };

/** The counts of all listeners of one format together. */
export interface Heard {
  frames: number;
  events: number;
  /** Events that a listener never got, and events that it got more than once. */
  lost: number;
  duplicates: number;
  /** Events with another content or another offset than the published event. */
  wrong: number;
  /** Frames whose first event is before an event that had already arrived. */
  outOfOrder: number;
}

export interface ListenReply {
  data: Heard;
  event: Heard;
  /** Events that shared a frame in the event format, but arrived in another order at a data listener. */
  reordered: number;
  /** When the last new event arrived, by `Date.now()`. */
  lastNewAtMs: number;
}
