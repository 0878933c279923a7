import { PubsubError } from "../errors.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../limits.ts";
import type { Ports } from "../ports.ts";
import type { Consumer } from "../types.ts";

export interface AccessCheck {
  consumer: Consumer;
  topicId: string;
  decidedAtMs: number;
  userId: string | undefined;
  /** Until when the connection can exist. */
  connectionUntilSeconds: number;
  maxSubscriptions: number;
}

/**
 * Checks a subscription after it was written. Whoever revokes writes that first and reads the subscriptions then, so that
 * one of the two always sees the other: in any order, no subscription is left that was decided before the revocation.
 *
 * Throws `CONNECTION_ENDED`, `ACCESS_REVOKED`, `TOO_MANY_SUBSCRIPTIONS`. Costs one read of the connection's rows. With a
 * user it costs one more read, and on a connection's first subscription the rows that name its user.
 */
export async function checkAccess(
  { subscriptions }: Pick<Ports, "subscriptions">,
  { consumer, topicId, decidedAtMs, userId, connectionUntilSeconds, maxSubscriptions: max }: AccessCheck,
): Promise<void> {
  const countTo = max === Number.POSITIVE_INFINITY ? 0 : max + 1;
  const standing = await subscriptions.standing({ consumer, topicId, countTo });
  if (standing.ended) throw refusal("CONNECTION_ENDED", "the connection has ended", topicId);
  assertNotRevoked(standing.revokedAtMs, decidedAtMs, topicId);
  if (countTo > 0 && standing.count > max) {
    throw refusal("TOO_MANY_SUBSCRIPTIONS", `a connection may have ${max} subscriptions`, topicId);
  }
  if (userId === undefined) return;
  if (standing.userId !== userId) {
    await subscriptions.identify({ consumer, userId, expiresAtSeconds: connectionUntilSeconds });
  }
  assertNotRevoked(await subscriptions.userRevokedAt({ userId, topicId }), decidedAtMs, topicId);
}

/** Two machines decide and revoke. Within the difference of their clocks, the decision counts as the earlier one. */
function assertNotRevoked(revokedAtMs: number | undefined, decidedAtMs: number, topicId: string): void {
  if (revokedAtMs === undefined || decidedAtMs > revokedAtMs + CLOCK_TOLERANCE_SECONDS * 1_000) return;
  const message = "access was revoked after it was decided, or within 5 seconds before: decide again";
  throw new PubsubError("ACCESS_REVOKED", message, { context: { topicId, revokedAtMs } });
}

const refusal = (
  code: "CONNECTION_ENDED" | "TOO_MANY_SUBSCRIPTIONS",
  message: string,
  topicId: string,
): PubsubError => new PubsubError(code, message, { context: { topicId } });
