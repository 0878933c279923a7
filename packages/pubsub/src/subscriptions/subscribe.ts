import { invalid } from "../config.ts";
import { assertConsumer, assertTopicId } from "../ids.ts";
import { CONNECTION_SECONDS_MAX, SUBSCRIPTION_GRACE_SECONDS } from "../limits.ts";
import { currentPosition } from "../log/position.ts";
import type { Ports } from "../ports.ts";
import type { Consumer, Format, Position } from "../types.ts";

type SubscriptionPorts = Pick<Ports, "subscriptions" | "log" | "clock" | "observe">;

/** The position is read after the subscription is written: what is behind it, the subscriber is posted. */
export async function subscribe(
  ports: SubscriptionPorts,
  request: { consumer: Consumer; topicId: string; format?: Format | undefined },
  retentionSeconds: number,
): Promise<{ topicId: string } & Position> {
  const { consumer, topicId, format = "data" } = request;
  assertConsumer(consumer);
  assertTopicId(topicId);
  if (format !== "data" && format !== "event") throw invalid("format", '"data" or "event"', format);
  const subscribedAt = ports.clock.now();
  const lifeSeconds = CONNECTION_SECONDS_MAX + SUBSCRIPTION_GRACE_SECONDS;
  const expiresAtSeconds = Math.ceil(subscribedAt / 1_000) + lifeSeconds;
  await ports.subscriptions.put({ consumer, topicId, format, subscribedAt, expiresAtSeconds });
  ports.observe({ event: "subscribed", topicId, consumer });
  return { topicId, ...(await currentPosition(ports, topicId, retentionSeconds)) };
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

/** Rows go in steps, so that a consumer of thousands of topics is not held in memory. */
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
