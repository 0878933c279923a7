import { PubsubError } from "../errors.ts";
import { REVOCATION_TOLERANCE_SECONDS } from "../limits.ts";
import type { Ports } from "../ports.ts";
import type { Consumer } from "../types.ts";
import type { Grant } from "./grant.ts";
import type { Identity } from "./identity.ts";

export interface AccessCheck {
  consumer: Consumer;
  topicId: string;
  decidedAtMs: number;
  /** Whose subscription it is, if that is not the user of the connection. */
  userId: string | undefined;
  /** Until when the connection can exist. */
  connectionUntilSeconds: number;
  maxSubscriptions: number;
}

/**
 * Checks a subscription after it was written. Whoever revokes writes that first and reads the subscriptions then, so that
 * one of the two always sees the other: in any order, no subscription is left that was decided before the revocation.
 *
 * Throws `CONNECTION_ENDED`, `ACCESS_REVOKED`, `TOO_MANY_SUBSCRIPTIONS`. `ACCESS_REVOKED`, with `untilSeconds` in its
 * context, also if the connection's own time has passed. Returns who the connection is by its handshake. Costs one read of the connection's rows. With a user it costs one
 * more read, and on the first subscription of a connection without identity the rows that name its user.
 */
export async function checkAccess(
  { subscriptions, clock }: Pick<Ports, "subscriptions" | "clock">,
  { consumer, topicId, decidedAtMs, connectionUntilSeconds, maxSubscriptions: max, ...own }: AccessCheck,
): Promise<Identity | undefined> {
  const countTo = max === Number.POSITIVE_INFINITY ? 0 : max + 1;
  const standing = await subscriptions.standing({ consumer, topicId, countTo });
  if (standing.ended) throw refusal("CONNECTION_ENDED", "the connection has ended", topicId);
  assertNotRevoked(standing.revokedAtMs, decidedAtMs, topicId);
  if (countTo > 0 && standing.count > max) {
    throw refusal("TOO_MANY_SUBSCRIPTIONS", `a connection may have ${max} subscriptions`, topicId);
  }
  const { identity } = standing;
  assertInTime(identity, clock.now(), topicId);
  const { userId = identity?.userId } = own;
  if (userId === undefined) return undefined;
  if (standing.userId !== userId) {
    const connection = { consumer, userId, expiresAtSeconds: connectionUntilSeconds };
    // The handshake's user stays, whatever a later token says
    await (identity ? subscriptions.alsoOf(connection) : subscriptions.identify(connection));
  }
  assertNotRevoked(await subscriptions.userRevokedAt({ userId, topicId }), decidedAtMs, topicId);
  return identity;
}

/** Checks a connection after its identity was written, as `checkAccess` does. Throws `ACCESS_REVOKED`. */
export async function checkUser(
  { subscriptions }: Pick<Ports, "subscriptions">,
  { userId, decidedAtMs }: Pick<Identity, "userId" | "decidedAtMs">,
): Promise<void> {
  assertNotRevoked(await subscriptions.userRevokedAt({ userId }), decidedAtMs);
}

/**
 * Checks a publication before it is written, or a request over HTTP, which has no consumer. It leaves nothing that lasts, so a
 * revocation that comes after this check is one that came after the publication.
 *
 * Throws `ACCESS_REVOKED`, also if the connection's own time has passed. Costs one read of the connection's rows, and with a user one more, at the same time if the grant names the user.
 */
export async function checkStanding(
  { subscriptions, clock }: Pick<Ports, "subscriptions" | "clock">,
  {
    consumer,
    topicId,
    grant = {},
  }: { consumer?: Consumer | undefined; topicId: string; grant?: Grant | undefined },
): Promise<void> {
  const decidedAtMs = grant.issuedAtMs ?? grant.decidedAtMs ?? clock.now();
  const revokedAtMs = async (userId: string | undefined): Promise<number | undefined> =>
    userId === undefined ? undefined : subscriptions.userRevokedAt({ userId, topicId });
  const [standing, userRevokedAtMs] = await Promise.all([
    consumer && subscriptions.standing({ consumer, topicId, countTo: 0 }),
    revokedAtMs(grant.userId),
  ]);
  assertNotRevoked(standing?.revokedAtMs, decidedAtMs, topicId);
  assertInTime(standing?.identity, clock.now(), topicId);
  assertNotRevoked(userRevokedAtMs, decidedAtMs, topicId);
  if (grant.userId === undefined) {
    assertNotRevoked(await revokedAtMs(standing?.identity?.userId), decidedAtMs, topicId);
  }
}

/** The connection's row outlives this time, so that a connection whose time has passed is not taken for anybody's. */
function assertInTime(identity: Identity | undefined, nowMs: number, topicId: string): void {
  const { untilSeconds } = identity ?? {};
  if (untilSeconds === undefined || untilSeconds * 1_000 > nowMs) return;
  const message = "the connection was let in until a time that has passed";
  throw new PubsubError("ACCESS_REVOKED", message, { context: { topicId, untilSeconds } });
}

/**
 * Two machines decide and revoke. Within the difference of their clocks, the decision counts as the earlier one. Throws
 * `ACCESS_REVOKED`.
 */
function assertNotRevoked(revokedAtMs: number | undefined, decidedAtMs: number, topicId?: string): void {
  if (revokedAtMs === undefined || decidedAtMs > revokedAtMs + REVOCATION_TOLERANCE_SECONDS * 1_000) return;
  const message = `access was revoked after it was decided, or within ${REVOCATION_TOLERANCE_SECONDS} seconds before: decide again`;
  throw new PubsubError("ACCESS_REVOKED", message, { context: { topicId, revokedAtMs } });
}

const refusal = (
  code: "CONNECTION_ENDED" | "TOO_MANY_SUBSCRIPTIONS",
  message: string,
  topicId: string,
): PubsubError => new PubsubError(code, message, { context: { topicId } });
