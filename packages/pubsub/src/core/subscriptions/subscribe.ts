import { isPubsubError } from "../errors.ts";
import { assertConsumer, assertTopicId } from "../ids.ts";
import type { LogSettings } from "../log/log-settings.ts";
import { findEnd, type LogEnd } from "../log/position.ts";
import { invalid } from "../options/check-options.ts";
import type { Ports } from "../ports.ts";
import type { Consumer, Format, Position } from "../types.ts";
import { checkAccess } from "./check-access.ts";
import { connectionEndSeconds } from "./connection-end.ts";
import type { Grant } from "./grant.ts";
import { assertRoutable } from "./routable.ts";

type SubscriptionPorts = Pick<Ports, "subscriptions" | "log" | "clock" | "observe">;

export interface SubscribeSettings extends LogSettings {
  /** How many topics the connection may be subscribed to. Default: no limit. */
  maxSubscriptions?: number;
}

export interface SubscribeRequest {
  consumer: Consumer;
  topicId: string;
  format?: Format | undefined;
  /** Kept only with the event format: the data format has no place for it. */
  nonce?: string | undefined;
  grant?: Grant | undefined;
}

type SubscribePorts = SubscriptionPorts & Partial<Pick<Ports, "connections">>;

/** `expiresAtSeconds` only if the subscription ends before its connection must. */
export type Subscribed = LogEnd & { expiresAtSeconds?: number };

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
  { consumer, topicId, format = "data", nonce, grant = {} }: SubscribeRequest,
  { maxSubscriptions = Number.POSITIVE_INFINITY, ...settings }: SubscribeSettings,
): Promise<Subscribed> {
  assertConsumer(consumer);
  assertTopicId(topicId);
  if (format !== "data" && format !== "event") throw invalid("format", '"data" or "event"', format);
  if (ports.connections) assertRoutable(ports.connections, consumer);
  const subscribedAt = ports.clock.now();
  const connectionUntilSeconds = connectionEndSeconds(subscribedAt);
  const { userId, expiresAtSeconds: until = Number.POSITIVE_INFINITY } = grant;
  const decidedAtMs = grant.issuedAtMs ?? grant.decidedAtMs ?? subscribedAt;
  const expiresAtSeconds = Math.min(connectionUntilSeconds, until);
  const own = format === "event" && nonce !== undefined ? { nonce } : {};
  await ports.subscriptions.put({ consumer, topicId, format, subscribedAt, expiresAtSeconds, ...own });
  try {
    const check = { consumer, topicId, decidedAtMs, userId, connectionUntilSeconds, maxSubscriptions };
    await checkAccess(ports, check);
  } catch (error) {
    await undo(ports, { consumer, topicId }, error);
    throw error;
  }
  ports.observe({ event: "subscribed", topicId, consumer });
  const end = await findEnd(ports, topicId, settings);
  return { ...end, ...(until < connectionUntilSeconds && { expiresAtSeconds: until }) };
}

/** A dispatch may have read the subscription meanwhile, and have named the consumer in a message that waits. */
async function undo(
  { subscriptions, clock }: SubscriptionPorts,
  subscription: { consumer: Consumer; topicId: string },
  error: unknown,
): Promise<void> {
  if (isPubsubError(error, "ACCESS_REVOKED")) {
    const atMs = clock.now();
    await subscriptions.markRemoved({ ...subscription, atMs, expiresAtSeconds: connectionEndSeconds(atMs) });
  }
  await subscriptions.remove([subscription]);
}

export async function unsubscribe(
  { subscriptions, observe }: SubscriptionPorts,
  { consumer, topicId }: { consumer: Consumer; topicId: string },
): Promise<void> {
  assertConsumer(consumer);
  assertTopicId(topicId);
  await subscriptions.remove([{ consumer, topicId }]);
  observe({ event: "unsubscribed", topicId, consumer });
}

/** Rows are removed in steps, so that the thousands of topics of one consumer are never in memory together. */
const STEP = 100;

/** Removes all subscriptions of a connection. They are read strongly consistently, whatever the index shows. */
export async function unsubscribeFromAll(
  { subscriptions, observe }: Pick<Ports, "subscriptions" | "observe">,
  consumer: Consumer,
): Promise<void> {
  assertConsumer(consumer);
  let step: { consumer: Consumer; topicId: string }[] = [];
  const removeStep = async (): Promise<void> => {
    await subscriptions.remove(step);
    for (const { topicId } of step) observe({ event: "unsubscribed", topicId, consumer });
    step = [];
  };
  for await (const topicId of subscriptions.topicsOf(consumer)) {
    step.push({ consumer, topicId });
    if (step.length >= STEP) await removeStep();
  }
  if (step.length > 0) await removeStep();
}
