import { assertConsumer } from "../ids.ts";
import type { Ports } from "../ports.ts";
import type { Consumer } from "../types.ts";
import { connectionEndSeconds } from "./connection-end.ts";
import { unsubscribeFromAll } from "./subscribe.ts";

/**
 * Removes everything of a connection that has ended. A SUBSCRIBE of it may still be at work in another process. It looks
 * for the row that says that the connection has ended after it wrote its subscription, and the subscriptions are read
 * after that row was written: one of the two sees the other. The row costs one write unit for each connection.
 */
export async function endConnection(
  ports: Pick<Ports, "subscriptions" | "queue" | "clock" | "observe">,
  consumer: Consumer,
): Promise<void> {
  assertConsumer(consumer);
  const { subscriptions, clock } = ports;
  await subscriptions.end({ consumer, expiresAtSeconds: connectionEndSeconds(clock.now()) });
  await unsubscribeFromAll(ports, consumer);
}
