import type { Consumer } from "../types.ts";

/** A tick for those who came, which is due soon, or for those who left, which waits until they could have come back. */
export type TickSlot = "soon" | "late";

/** A user who left a topic a moment ago, and still counts as a member. */
export interface Left {
  /** The topic whose member the user was. */
  topicId: string;
  userId: string;
  /** As JSON text. */
  info?: string | undefined;
  /** When the connection that left became a member. Milliseconds since 1970. */
  sinceMs: number;
  expiresAtSeconds: number;
}

/** The rows beside the subscriptions to members topics: who left, and which ticks are due. */
export interface PresenceRows {
  /** MUST replace what was written of the same user and topic. */
  markLeft(left: Left): Promise<void>;
  /** MUST be strongly consistent, MUST leave out expired rows, and MUST page to the end. */
  leftOf(topicId: string): Promise<Left[]>;
  /** Returns when the last tick is due that was marked. MAY lag: a second tick does no harm. */
  tickDueAt(tick: { topicId: string; slot: TickSlot }): Promise<number | undefined>;
  markTick(tick: { topicId: string; slot: TickSlot; dueAtMs: number }): Promise<void>;
  /** Writes when a subscription's connection was last heard of. MUST NOT create a subscription. */
  markActive(active: { consumer: Consumer; topicId: string; atMs: number }): Promise<void>;
}
