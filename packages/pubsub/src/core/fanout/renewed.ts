import { consumerId } from "../consumer.ts";
import type { StoredEvent } from "../types.ts";
import type { PendingConsumer } from "./message.ts";
import { pendingAt } from "./pending-at.ts";
import type { FanoutContext } from "./worker.ts";

/** Consumers whose subscription had ended, as they were named, when it was their turn. */
export interface Ended {
  /** Their subscription was renewed since: they get the rest of the events. */
  renewed: readonly PendingConsumer[];
  /** It was not known whether it was renewed. */
  unknown: readonly PendingConsumer[];
  /** How many subscriptions are over. They neither get the events nor are they abandoned. */
  over: number;
}

/**
 * Looks up the subscriptions of these consumers. A message names its consumers with the ends that their subscriptions had
 * when it was written, and a client that renews its subscription must not lose the events of older messages. Costs one
 * read for each of them, and nothing for topics whose subscriptions last as long as their connections.
 */
export async function sortEnded(
  { subscriptions, observe }: Pick<FanoutContext, "subscriptions" | "observe">,
  { topicId, events }: { topicId: string; events: readonly StoredEvent[] },
  ended: readonly PendingConsumer[],
): Promise<Ended> {
  try {
    const live = await subscriptions.liveOf({ topicId, consumers: ended.map(({ consumer }) => consumer) });
    const found = new Map(pendingAt(events, live).map((pending) => [consumerId(pending.consumer), pending]));
    const renewed = ended.flatMap(({ consumer, from }) => {
      const pending = found.get(consumerId(consumer));
      return pending ? { ...pending, from } : [];
    });
    return { renewed, unknown: [], over: ended.length - renewed.length };
  } catch (error) {
    observe({ event: "background-failure", stage: "look-up-renewals", error });
    return { renewed: [], unknown: ended, over: 0 };
  }
}
