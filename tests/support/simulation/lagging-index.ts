import { consumerId } from "../../../packages/pubsub/src/core/consumer.ts";
import type { Clock, Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";

/** Returns subscriptions whose pages show each write up to `lagMs` later, in the order of the writes of each row. */
export function withLaggingIndex(rows: Subscriptions, clock: Clock, lagMs: number): Subscriptions {
  const index = createMemorySubscriptions(clock);
  const lastAt = new Map<string, number>();

  function later({ consumer, topicId }: { consumer: Consumer; topicId: string }): void {
    const key = `${consumerId(consumer)} ${topicId}`;
    const atMs = Math.max(clock.now() + clock.random() * lagMs, lastAt.get(key) ?? 0);
    lastAt.set(key, atMs);
    const written = rows.find({ consumer, topicId });
    void clock.sleep(atMs - clock.now()).then(async () => {
      const row = await written;
      if (row && row !== "expired") await index.put(row);
      else await index.remove([{ consumer, topicId }]);
    });
  }

  return {
    ...rows,
    page: (request) => index.page(request),
    async put(row) {
      const replaced = await rows.put(row);
      later(row);
      return replaced;
    },
    async take(row) {
      const taken = await rows.take(row);
      later(row);
      return taken;
    },
    async remove(some) {
      await rows.remove(some);
      for (const row of some) later(row);
    },
    async removeUnchanged(row) {
      const isRemoved = await rows.removeUnchanged(row);
      later(row);
      return isRemoved;
    },
  };
}
