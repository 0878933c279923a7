import { PubsubError } from "../errors.ts";
import { assertConsumer, assertTopicId } from "../ids.ts";
import { CONNECTION_SECONDS_MAX } from "../limits.ts";
import type { LogSettings } from "../log/log-settings.ts";
import { findEnd, type LogEnd } from "../log/position.ts";
import { invalid } from "../options/check-options.ts";
import type { Ports, Subscriptions } from "../ports.ts";
import type { Consumer, Format, Position } from "../types.ts";
import { assertRoutable } from "./routable.ts";

/**
 * A subscription lives this much longer than a connection can. It must expire by itself, because `$disconnect` is only
 * best effort.
 */
const SUBSCRIPTION_GRACE_SECONDS = 600;

type SubscriptionPorts = Pick<Ports, "subscriptions" | "log" | "clock" | "observe">;

export interface SubscribeSettings extends LogSettings {
  /** How many topics the connection may be subscribed to. Default: no limit. */
  maxSubscriptions?: number;
}

/**
 * Subscribes a consumer and returns the topic's position. It reads the position after it wrote the subscription, so
 * that every event after this position is posted to the subscriber.
 *
 * It also counts the subscriptions after the write. Of all calls that pass the check, the last one to count saw the
 * subscriptions of the others. So concurrent calls never exceed the limit together. At the limit, two concurrent calls
 * can each see the other's subscription, and both are rejected.
 */
export async function subscribe(
  ports: SubscribePorts,
  request: SubscribeRequest,
  settings: SubscribeSettings,
): Promise<{ topicId: string } & Position> {
  const { position } = await subscribeAtEnd(ports, request, settings);
  return { topicId: request.topicId, ...position };
}

type SubscribePorts = SubscriptionPorts & Partial<Pick<Ports, "connections">>;

interface SubscribeRequest {
  consumer: Consumer;
  topicId: string;
  format?: Format | undefined;
  /** Kept only with the event format: the data format has no place for it. */
  nonce?: string | undefined;
}

/** Does the same, and returns what a recovery needs to know of the end of the topic's log. */
export async function subscribeAtEnd(
  ports: SubscribePorts,
  request: SubscribeRequest,
  settings: SubscribeSettings,
): Promise<LogEnd> {
  const { consumer, topicId, format = "data", nonce } = request;
  const { maxSubscriptions = Number.POSITIVE_INFINITY } = settings;
  assertConsumer(consumer);
  assertTopicId(topicId);
  if (format !== "data" && format !== "event") throw invalid("format", '"data" or "event"', format);
  if (ports.connections) assertRoutable(ports.connections, consumer);
  const subscribedAt = ports.clock.now();
  const lifeSeconds = CONNECTION_SECONDS_MAX + SUBSCRIPTION_GRACE_SECONDS;
  const expiresAtSeconds = Math.ceil(subscribedAt / 1_000) + lifeSeconds;
  const own = format === "event" && nonce !== undefined ? { nonce } : {};
  await ports.subscriptions.put({ consumer, topicId, format, subscribedAt, expiresAtSeconds, ...own });
  if (await hasMoreThan(maxSubscriptions, ports.subscriptions, consumer)) {
    await ports.subscriptions.remove([{ consumer, topicId }]);
    const message = `a connection may have ${maxSubscriptions} subscriptions`;
    throw new PubsubError("TOO_MANY_SUBSCRIPTIONS", message, { context: { topicId } });
  }
  ports.observe({ event: "subscribed", topicId, consumer });
  return findEnd(ports, topicId, settings);
}

async function hasMoreThan(
  max: number,
  subscriptions: Pick<Subscriptions, "topicsOf">,
  consumer: Consumer,
): Promise<boolean> {
  if (max === Number.POSITIVE_INFINITY) return false;
  let count = 0;
  for await (const _ of subscriptions.topicsOf(consumer)) if (++count > max) return true;
  return false;
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

export async function unsubscribeFromAll(
  { subscriptions, observe }: SubscriptionPorts,
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
