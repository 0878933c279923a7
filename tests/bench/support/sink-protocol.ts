/** How the sink is to answer, from `begin` until the next one. */
export interface SinkSettings {
  /** How long every answer takes. */
  latencyMs: number;
  /** A token bucket that starts full; what finds it empty is answered 429. Without it, no limit. */
  quota?: { rate: number; burst: number };
}

export interface SinkReport {
  /** All posts, whether they were answered 200 or 429. */
  posts: number;
  accepted: number;
  rejected: number;
  /** How many connections were answered 200 at all, and how many 200s were more than one to a connection. */
  reached: number;
  duplicates: number;
  /** Of the posts answered 200: messages as API Gateway charges them, one for each 32 KB begun. */
  meteredMessages: number;
  /** Of the first post, and of the last one answered 200: milliseconds since the epoch, absent if there was none. */
  firstPostAtMs?: number;
  lastAcceptedAtMs?: number;
  /** Posts answered 200 and 429 in every 100 ms from the first post on. */
  timeline: { stepMs: number; accepted: number[]; rejected: number[] };
}

export type SinkOrder = { do: "begin"; settings: SinkSettings } | { do: "report" };

export type SinkAnswer =
  | { type: "listening"; port: number }
  | { type: "begun" }
  | { type: "report"; report: SinkReport }
  | { type: "accepted"; accepted: number };
