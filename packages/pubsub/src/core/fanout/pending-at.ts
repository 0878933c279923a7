import { connectionEndSeconds } from "../subscriptions/connection-end.ts";
import type { StoredEvent, Subscription } from "../types.ts";
import type { PendingConsumer } from "./message.ts";

/** Returns the subscribers as consumers that need all of these events. */
export function pendingAt(
  [first]: readonly StoredEvent[],
  subscriptions: readonly Subscription[],
): PendingConsumer[] {
  if (!first) return [];
  return subscriptions.map((subscription) => {
    const { consumer, format, subscribedAt, expiresAtSeconds, latest, nonce, abandonments } = subscription;
    const { member } = subscription;
    const pending = { consumer, format, subscribedAt, from: first.offset };
    // All rows expire. Only an end before the connection's own makes the message longer
    const endsEarly = expiresAtSeconds !== undefined && expiresAtSeconds < connectionEndSeconds(subscribedAt);
    return {
      ...pending,
      ...(latest && { latest }),
      ...(member && { member }),
      ...(nonce !== undefined && { nonce }),
      ...(abandonments && { abandonments }),
      ...(endsEarly && { expiresAtSeconds }),
    };
  });
}
