/** The ways from a publisher to the subscribers that are compared. */
export const WAYS = ["queue", "inProcess", "sdkDirect"] as const;
export type Way = (typeof WAYS)[number];

export const WAY_NAMES: Readonly<Record<Way, string>> = {
  queue: "through the queue",
  inProcess: "in process",
  sdkDirect: "SDK, posts alone",
};

export interface PublishOrder {
  way: Way;
  topicId: string;
  message: number;
}

export interface PublishAnswer {
  /** Just before the publish was called. */
  sentMs: number;
}

export type SubscriberOrder =
  | { do: "connect"; websocketUrl: string; topicId: string; count: number }
  | { do: "arrivals"; message: number; expected: number; timeoutMs: number }
  | { do: "duplicates" };

export interface SubscriberAnswer {
  /** When each subscriber had the message; the first time, if it came more than once. */
  arrivedMs: number[];
  /** Frames that brought a subscriber what it had already, so far. */
  duplicates: number;
}
