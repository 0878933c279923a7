import { isPubsubError, PubsubError } from "../errors.ts";
import { assertConsumer, assertTopicId } from "../ids.ts";
import { REVOCATION_TOLERANCE_SECONDS } from "../limits.ts";
import type { LogSettings } from "../log/log-settings.ts";
import { findEnd, type LogEnd } from "../log/position.ts";
import { invalid } from "../options/check-options.ts";
import type { Ports } from "../ports.ts";
import { leaveMembers } from "../presence/leave.ts";
import { isMembersTopic, membersTopic } from "../reserved-topics.ts";
import type { Consumer, Format, Position, Subscription } from "../types.ts";
import { checkAccess } from "./check-access.ts";
import { connectionEndSeconds } from "./connection-end.ts";
import type { Grant } from "./grant.ts";
import { type Identity, type Owner, ownerFields, ownerOf } from "./identity.ts";
import { withMembership } from "./membership.ts";
import { assertRoutable } from "./routable.ts";

type SubscriptionPorts = Pick<Ports, "subscriptions" | "log" | "queue" | "clock" | "observe">;

type UnsubscribePorts = Pick<Ports, "subscriptions" | "queue" | "clock" | "observe">;

export interface SubscribeSettings extends LogSettings {
  /** How many topics the connection may be subscribed to. Default: no limit. */
  maxSubscriptions?: number;
}

export interface SubscribeRequest {
  consumer: Consumer;
  topicId: string;
  format?: Format | undefined;
  /** Whether the consumer only gets the newest of the events that are posted together. */
  latest?: boolean | undefined;
  /** Kept only with the event format: the data format has no place for it. */
  nonce?: string | undefined;
  grant?: Grant | undefined;
  /** Makes the connection a member of the topic. Its `info` is the user's, unless the owner has one. Needs a user. */
  presence?: { info?: string | undefined } | undefined;
  /** Who the connection is, if that was read already. Otherwise the row is written again once it is known. */
  identity?: Identity | undefined;
  /** Whether the row has the info, also if the topic is not about members. Default false. */
  keepInfo?: boolean | undefined;
}

type SubscribePorts = SubscriptionPorts & Partial<Pick<Ports, "connections">>;

export interface WrittenSubscription {
  /** Only if the subscription ends before its connection must. */
  expiresAtSeconds?: number;
  owner?: Owner;
}

export type Subscribed = LogEnd & WrittenSubscription;

/**
 * Subscribes a consumer and returns the topic's position. It reads the position after it wrote the subscription, so
 * that every event after this position is posted to the subscriber.
 *
 * It also counts the subscriptions after the write. Of all calls that pass the check, the last one to count saw the
 * subscriptions of the others. So concurrent calls never exceed the limit together. At the limit, two concurrent calls
 * can each see the other's subscription, and both are rejected. For the same reason it looks for revocations after the
 * write (`checkAccess`). A check that failed says nothing, so that the subscription is removed then too.
 */
export async function subscribe(
  ports: SubscribePorts,
  request: SubscribeRequest,
  settings: SubscribeSettings,
): Promise<{ topicId: string } & Position> {
  const { position } = await subscribeAtEnd(ports, request, settings);
  return { topicId: request.topicId, ...position };
}

/** Does the same, and returns what a recovery needs to know of the end of the topic's log. */
export async function subscribeAtEnd(
  ports: SubscribePorts,
  request: SubscribeRequest,
  { maxSubscriptions, ...settings }: SubscribeSettings,
): Promise<Subscribed> {
  const written = await writeSubscription(ports, request, maxSubscriptions);
  return { ...(await findEnd(ports, request.topicId, settings)), ...written };
}

/** Does the same without looking for the end of the log, for a consumer that has no use for a position. */
export async function writeSubscription(
  ports: SubscribePorts,
  {
    consumer,
    topicId,
    format = "data",
    latest = false,
    nonce,
    grant = {},
    keepInfo = false,
    presence,
    ...known
  }: SubscribeRequest,
  maxSubscriptions: number = Number.POSITIVE_INFINITY,
): Promise<WrittenSubscription> {
  assertConsumer(consumer);
  assertTopicId(topicId);
  if (format !== "data" && format !== "event") throw invalid("format", '"data" or "event"', format);
  if (ports.connections) assertRoutable(ports.connections, consumer);
  const subscribedAt = ports.clock.now();
  const connectionUntilSeconds = connectionEndSeconds(subscribedAt);
  const { userId } = grant;
  const decidedAtMs = grant.issuedAtMs ?? grant.decidedAtMs ?? subscribedAt;
  const rowsOf = (identity: Identity | undefined): Subscription[] => {
    const owner = ownerOf(grant, identity);
    const row: Subscription = {
      consumer,
      topicId,
      format,
      subscribedAt,
      expiresAtSeconds: Math.min(connectionUntilSeconds, untilSecondsOf(grant, identity)),
      ...(latest && { latest }),
      ...(format === "event" && nonce !== undefined && { nonce }),
      ...ownerFields(owner, { topicId, keepInfo }),
    };
    return presence ? withMembership(row, { owner, nonce, presence }) : [row];
  };
  const first = rowsOf(known.identity);
  const [replaced] = await Promise.all(first.map((row) => ports.subscriptions.put(row)));
  let identity: Identity | undefined;
  try {
    const check = { consumer, topicId, decidedAtMs, userId, connectionUntilSeconds, maxSubscriptions };
    identity = await checkAccess(ports, check);
  } catch (error) {
    await Promise.all(first.map((row) => undo(ports, row, error)));
    throw error;
  }
  await Promise.all(rowsOf(identity).map((row, index) => replaceIfOther(ports, first[index], row)));
  // The second SUBSCRIBE replaces all of the first, whose connection may have been a member
  if (replaced?.member && !presence)
    await leaveMembers(ports, [{ consumer, topicId: membersTopic(topicId) }]);
  ports.observe({ event: "subscribed", topicId, consumer });
  const until = untilSecondsOf(grant, identity);
  const owner = ownerOf(grant, identity);
  return { ...(until < connectionUntilSeconds && { expiresAtSeconds: until }), ...(owner && { owner }) };
}

const untilSecondsOf = (grant: Grant, identity: Identity | undefined): number =>
  Math.min(
    grant.expiresAtSeconds ?? Number.POSITIVE_INFINITY,
    identity?.untilSeconds ?? Number.POSITIVE_INFINITY,
  );

async function replaceIfOther(
  { subscriptions }: SubscriptionPorts,
  first: Subscription | undefined,
  row: Subscription,
): Promise<void> {
  if ((first && isSameOwner(first, row)) || (await subscriptions.replace(row))) return;
  const message = "the subscription was removed, or made again, while it was written";
  throw new PubsubError("STORAGE_FAILED", message, { retryable: true, context: { topicId: row.topicId } });
}

const isSameOwner = (one: Subscription, other: Subscription): boolean =>
  one.userId === other.userId && one.info === other.info && one.expiresAtSeconds === other.expiresAtSeconds;

/**
 * A dispatch may have read the subscription meanwhile, and have named the consumer in a message that waits. The mark covers
 * this subscription and those of before the revocation, and none that is allowed later: a mark of now would also cover
 * those of the next 30 seconds.
 */
async function undo(
  ports: SubscriptionPorts,
  { consumer, topicId, subscribedAt }: Pick<Subscription, "consumer" | "topicId" | "subscribedAt">,
  error: unknown,
): Promise<void> {
  const { subscriptions, clock } = ports;
  const subscription = { consumer, topicId };
  const remove = (): Promise<unknown> => subscriptions.remove([subscription]);
  // After a failure the client subscribes again. After a denial it does not
  const grace = !isPubsubError(error) || error.retryable;
  try {
    if (!isPubsubError(error, "ACCESS_REVOKED")) return;
    const revokedAtMs = Number(error.context.revokedAtMs);
    const atMs = Math.max(revokedAtMs, subscribedAt - REVOCATION_TOLERANCE_SECONDS * 1_000);
    const expiresAtSeconds = connectionEndSeconds(clock.now());
    await subscriptions.markRemoved({ ...subscription, atMs, expiresAtSeconds });
  } finally {
    // Also if it could not be marked: a subscription that is left would receive for two hours. A look may have told the others
    // of a membership already
    if (isMembersTopic(topicId)) await leaveMembers(ports, [subscription], { grace }).catch(remove);
    else await remove();
  }
}

/** Ends a subscription, and a membership with it. Returns whether the connection was a member of the topic. */
export async function unsubscribe(
  ports: UnsubscribePorts,
  { consumer, topicId }: { consumer: Consumer; topicId: string },
): Promise<{ wasMember: boolean }> {
  assertConsumer(consumer);
  assertTopicId(topicId);
  const { subscriptions, observe } = ports;
  const members = isMembersTopic(topicId) ? topicId : membersTopic(topicId);
  const taken = members === topicId ? undefined : await subscriptions.take({ consumer, topicId });
  // Nothing was there: it may be the second try of an UNSUBSCRIBE that ended before it came to the membership
  const mayBeMember = !taken || taken.member !== undefined;
  const left = mayBeMember ? await leaveMembers(ports, [{ consumer, topicId: members }]) : 0;
  observe({ event: "unsubscribed", topicId, consumer });
  return { wasMember: left > 0 };
}

/** Rows are removed in steps, so that the thousands of topics of one consumer are never in memory together. */
const STEP = 100;

/** Removes all subscriptions of a connection. They are read strongly consistently, whatever the index shows. */
export async function unsubscribeFromAll(ports: UnsubscribePorts, consumer: Consumer): Promise<void> {
  assertConsumer(consumer);
  const { subscriptions, observe } = ports;
  let step: { consumer: Consumer; topicId: string }[] = [];
  const removeStep = async (): Promise<void> => {
    const memberships = step.filter(({ topicId }) => isMembersTopic(topicId));
    await Promise.all([
      subscriptions.remove(step.filter(({ topicId }) => !isMembersTopic(topicId))),
      memberships.length > 0 && leaveMembers(ports, memberships),
    ]);
    for (const { topicId } of step) observe({ event: "unsubscribed", topicId, consumer });
    step = [];
  };
  for await (const topicId of subscriptions.topicsOf(consumer)) {
    step.push({ consumer, topicId });
    if (step.length >= STEP) await removeStep();
  }
  if (step.length > 0) await removeStep();
}
