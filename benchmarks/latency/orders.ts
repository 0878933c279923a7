/** The compared ways from a publisher to the subscribers. */
export const WAYS = ["queue", "inline", "inProcess", "byHand", "sdkDirect"] as const;
export type Way = (typeof WAYS)[number];

export const WAY_NAMES: Readonly<Record<Way, string>> = {
  queue: "through the queue",
  inline: "inline",
  inProcess: "in process",
  byHand: "SDK, by hand",
  sdkDirect: "SDK, posts alone",
};

export interface PublishOrder {
  way: Way;
  topicId: string;
  message: number;
}

export interface PublishReply {
  /** Time immediately before the call of publish. */
  sentMs: number;
}

export type SubscriberOrder =
  | { do: "connect"; websocketUrl: string; topicId: string; count: number }
  | { do: "arrivals"; message: number; expected: number; timeoutMs: number }
  | { do: "duplicates" };

export interface SubscriberReply {
  /** When the message first arrived at each subscriber. */
  arrivedMs: number[];
  /** Duplicate frames so far, over all subscribers. */
  duplicates: number;
}
