/** How the sink responds, from one `begin` to the next. */
export interface SinkSettings {
  /** The time until each response. */
  latencyMs: number;
  /** A token bucket that starts full. Posts get a 429 response if it is empty. There is no limit without it. */
  quota?: { rate: number; burst: number };
}

export interface SinkReport {
  /** All posts, with a 200 or a 429 response. */
  posts: number;
  accepted: number;
  rejected: number;
  /** Connections with at least one 200 response, and the 200 responses after the first per connection. */
  reached: number;
  duplicates: number;
  /** The accepted posts as messages that API Gateway charges: one per started 32 KB. */
  meteredMessages: number;
  /** Times of the first post and the last 200 response, in milliseconds since the epoch. Absent without such a post. */
  firstPostAtMs?: number;
  lastAcceptedAtMs?: number;
  /** The number of 200 and of 429 responses in each 100 ms since the first post. */
  timeline: { stepMs: number; accepted: number[]; rejected: number[] };
}

export type SinkOrder = { do: "begin"; settings: SinkSettings } | { do: "report" };

export type SinkMessage =
  | { type: "listening"; port: number }
  | { type: "begun" }
  | { type: "report"; report: SinkReport }
  | { type: "accepted"; accepted: number };
