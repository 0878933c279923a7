import type { Clock } from "../core/ports.ts";
import type { Left, PresenceRows } from "../core/presence/rows-port.ts";
import type { Consumer, Subscription } from "../core/types.ts";

/** @param rowOf finds a subscription, expired or not */
export function createMemoryPresenceRows(
  clock: Pick<Clock, "now">,
  rowOf: (subscription: { consumer: Consumer; topicId: string }) => Subscription | undefined,
): PresenceRows {
  const left = new Map<string, Left>();
  const ticks = new Map<string, number>();
  return {
    async markLeft(row) {
      left.set(JSON.stringify([row.topicId, row.userId]), { ...row });
    },
    async leftOf(topicId) {
      const isLive = (row: Left): boolean => row.expiresAtSeconds > clock.now() / 1_000;
      return [...left.values()].filter((row) => row.topicId === topicId && isLive(row));
    },
    tickDueAt: async ({ topicId, slot }) => ticks.get(`${slot} ${topicId}`),
    async markTick({ topicId, slot, dueAtMs }) {
      ticks.set(`${slot} ${topicId}`, dueAtMs);
    },
    async markActive({ atMs, ...subscription }) {
      const row = rowOf(subscription);
      if (row) row.activeAtMs = atMs;
    },
  };
}
