import { PubsubError } from "../errors.ts";
import { assertConsumer, assertTopicId, idProblem } from "../ids.ts";
import { CLOCK_TOLERANCE_SECONDS, REVOCATION_TOLERANCE_SECONDS, TOKEN_SECONDS_MAX } from "../limits.ts";
import type { Ports } from "../ports.ts";
import { leaveMembers } from "../presence/leave.ts";
import { isMembersTopic, membersTopic } from "../reserved-topics.ts";
import type { Consumer, Subscription } from "../types.ts";
import { connectionEndSeconds } from "./connection-end.ts";

/**
 * A token that was issued before a revocation is refused for as long as it could be valid: by the clock of the machine that
 * minted it, and by that of the machine, or of the table, that looks at the revocation's end.
 */
const USER_REVOCATION_SECONDS =
  TOKEN_SECONDS_MAX + CLOCK_TOLERANCE_SECONDS + 2 * REVOCATION_TOLERANCE_SECONDS;

/** Whose access ends: that of one connection, or of all connections of a user. */
export type Subject = { consumer: Consumer } | { userId: string };

export interface SubjectRequest {
  consumer?: Consumer | undefined;
  userId?: string | undefined;
}

export interface RevokeRequest extends SubjectRequest {
  topicId?: string | undefined;
}

type RevokePorts = Pick<Ports, "subscriptions" | "queue" | "clock" | "observe">;

/**
 * Ends the subscriptions of a connection, or of all connections of a user. It first writes the revocation, which each
 * SUBSCRIBE looks for after its own write, and then removes what is there: every subscription is seen by one of the two.
 * It reads the connections' own rows strongly consistently. The index, which lags, is not read.
 */
export async function revoke(ports: RevokePorts, request: RevokeRequest): Promise<void> {
  const { topicId } = request;
  const of = subjectOf("revoke", request);
  if (topicId !== undefined) assertTopicId(topicId);
  await writeRevocation(ports, of, topicId);
  if ("consumer" in of) return removeSubscriptions(ports, of.consumer, topicId);
  for await (const consumer of ports.subscriptions.connectionsOf(of.userId)) {
    await removeSubscriptions(ports, consumer, topicId);
  }
}

/** Throws `INVALID_ARGUMENT` unless exactly one of the two is given. */
export function subjectOf(caller: string, { consumer, userId }: SubjectRequest): Subject {
  const problem = userId !== undefined && idProblem("userId", userId);
  if (problem) throw new PubsubError("INVALID_ARGUMENT", problem);
  if (consumer !== undefined) assertConsumer(consumer);
  if (consumer !== undefined && userId === undefined) return { consumer };
  if (consumer === undefined && userId !== undefined) return { userId };
  throw new PubsubError("INVALID_ARGUMENT", `${caller} must be given either consumer or userId`);
}

/** Writes the revocation of one topic, or of all. */
export async function writeRevocation(
  { subscriptions, clock }: RevokePorts,
  of: Subject,
  topicId?: string,
): Promise<void> {
  const atMs = clock.now();
  // What is revoked for a connection cannot outlive it
  const expiresAtSeconds =
    "consumer" in of ? connectionEndSeconds(atMs) : Math.ceil(atMs / 1_000) + USER_REVOCATION_SECONDS;
  await subscriptions.revoke({ of, topicId, atMs, expiresAtSeconds });
}

/** How many subscriptions are removed at the same time. BatchWriteItem takes as many. */
const STEP = 25;

/** Removes a connection's subscription to one topic, or to all. */
export async function removeSubscriptions(
  ports: RevokePorts,
  consumer: Consumer,
  only?: string,
): Promise<void> {
  if (only !== undefined) {
    const [removed] = await removeStep(ports, consumer, [only]);
    // Also what the topic's members say of each other
    if (removed?.member) await removeStep(ports, consumer, [membersTopic(only)]);
    return;
  }
  let step: string[] = [];
  for await (const topicId of ports.subscriptions.topicsOf(consumer)) {
    step.push(topicId);
    if (step.length < STEP) continue;
    await removeStep(ports, consumer, step);
    step = [];
  }
  if (step.length > 0) await removeStep(ports, consumer, step);
}

/**
 * Marks them in their topics before they are gone: messages of the fan-out may name the consumer already. The time is that
 * of now and not that of the revocation: by the clock of another machine, a subscription that is removed may be younger. A
 * member who is put out is gone at once, without the grace of a reload. Returns the subscription, if there is only one.
 */
async function removeStep(
  ports: RevokePorts,
  consumer: Consumer,
  topicIds: readonly string[],
): Promise<(Subscription | undefined)[]> {
  const { subscriptions, clock, observe } = ports;
  const atMs = clock.now();
  const expiresAtSeconds = connectionEndSeconds(atMs);
  await Promise.all(
    topicIds.map((topicId) => subscriptions.markRemoved({ consumer, topicId, atMs, expiresAtSeconds })),
  );
  const rows = topicIds.map((topicId) => ({ consumer, topicId }));
  const memberships = rows.filter(({ topicId }) => isMembersTopic(topicId));
  const own = rows.filter(({ topicId }) => !isMembersTopic(topicId));
  if (memberships.length > 0) await leaveMembers(ports, memberships, { grace: false });
  // One by itself is a single call anyway, which can return what it removes
  const [only, ...others] = own;
  const taken = only && others.length === 0 ? [await subscriptions.take(only)] : [];
  if (others.length > 0) await subscriptions.remove(own);
  for (const topicId of topicIds) observe({ event: "subscription-revoked", topicId, consumer });
  return taken;
}
