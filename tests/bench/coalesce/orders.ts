/** What the benchmark tells its publisher. */
export interface PublishOrder {
  topicId: string;
  /** Tells the events of one run from those of another on the same topic. */
  run: number;
  publishesPerSecond: number;
  seconds: number;
}

export interface PublishAnswer {
  /** Where each publish stands in the log, in the order in which they were begun; undefined: rejected. */
  offsets: (number | undefined)[];
  /** Codes of the rejected ones. */
  rejected: string[];
  /** When the last publish began; `Date.now()`. */
  lastBegunAtMs: number;
}

/** What it tells its listeners. */
export type ListenOrder =
  | { do: "connect"; websocketUrl: string; topicId: string; subscribers: number }
  /** Forgets what came so far; the events of this run are to come. */
  | { do: "begin"; run: number; publishes: number }
  /** Answers once so many events have come, over all listeners, or none for so long. */
  | { do: "await"; deliveries: number; patienceMs: number }
  /** Answers once everything that had been sent to the listeners by now has come; says what did. */
  | { do: "report"; offsets: readonly (number | undefined)[] };

/** Of the listeners of one format, all together. */
export interface Heard {
  frames: number;
  events: number;
  /** Events that somebody never got, and that came more than once to the same one. */
  lost: number;
  duplicates: number;
  /** Events of another content, or at another offset, than what was published. */
  wrong: number;
  /** Frames that began with an event before one that had come already. */
  outOfOrder: number;
}

export interface ListenAnswer {
  data: Heard;
  event: Heard;
  /** Events that came together to the event format, and in another order to a listener of data. */
  reordered: number;
  /** When the last event came that had not come before; `Date.now()`. */
  lastNewAtMs: number;
}
