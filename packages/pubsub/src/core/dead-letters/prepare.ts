import { consumerId } from "../consumer.ts";
import { eventsOfRun } from "../fanout/events-of-run.ts";
import { encodeFanoutMessage, type FanoutMessage, type PendingConsumer } from "../fanout/message.ts";
import type { Ports } from "../ports.ts";

/** What to do with a letter: send it as `body`, remove it if no consumer is left, or leave it in the queue. */
export type Prepared =
  | { outcome: "ready"; body: string; consumers: number; dropped: number }
  | { outcome: "unsubscribed"; dropped: number }
  | { outcome: "expired" };

const LOOKUPS_AT_ONCE = 25;

/**
 * Prepares the message of a letter to be sent again, for the consumers that are still subscribed. It keeps its name in
 * the ledger, whichever consumers are left. So its work is done once, however often the letter is sent.
 */
export async function prepare(
  ports: Pick<Ports, "log" | "subscriptions">,
  letter: FanoutMessage,
): Promise<Prepared> {
  // Without the hops, because a redrive begins a new chain
  const { hops: _, ...message } = letter;
  if (message.kind === "topic") {
    if (!(await hasEvents(ports, message))) return { outcome: "expired" };
    // Two operators can send it at once, and before it came here it was received many times: its work is claimed
    const body = encodeFanoutMessage({ ...message, again: true });
    return { outcome: "ready", body, consumers: 0, dropped: 0 };
  }
  const consumers = await stillSubscribed(ports, message.topicId, message.consumers);
  const dropped = message.consumers.length - consumers.length;
  if (consumers.length === 0) return { outcome: "unsubscribed", dropped };
  if (!(await hasEvents(ports, message))) return { outcome: "expired" };
  const body = encodeFanoutMessage({ ...message, consumers });
  return { outcome: "ready", body, consumers: consumers.length, dropped };
}

/** Reads the log only if the message does not contain its events. The worker would read them from the log too. */
async function hasEvents({ log }: Pick<Ports, "log">, message: FanoutMessage): Promise<boolean> {
  // Nothing to observe: the result reports expired events
  const found = await eventsOfRun({ log, observe: () => {} }, message, message.offsets);
  return found.length > 0;
}

async function stillSubscribed(
  { subscriptions }: Pick<Ports, "subscriptions">,
  topicId: string,
  consumers: readonly PendingConsumer[],
): Promise<PendingConsumer[]> {
  const subscribed = new Set<string>();
  for (let start = 0; start < consumers.length; start += LOOKUPS_AT_ONCE) {
    await Promise.all(
      consumers.slice(start, start + LOOKUPS_AT_ONCE).map(async ({ consumer }) => {
        const found = await subscriptions.find({ consumer, topicId });
        if (found && found !== "expired") subscribed.add(consumerId(consumer));
      }),
    );
  }
  return consumers.filter(({ consumer }) => subscribed.has(consumerId(consumer)));
}
