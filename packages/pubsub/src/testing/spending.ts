import { consumerId } from "../core/consumer.ts";
import type { Spending } from "../core/ports.ts";

export function createMemorySpending(): Spending {
  const spentUntil = new Map<string, number>();
  return {
    async spend({ consumer, account, costMs, nowMs, burstMs, mayOwe }) {
      const id = `${account}/${consumerId(consumer)}`;
      const from = Math.floor(nowMs - burstMs);
      const begun = Math.max(from, spentUntil.get(id) ?? from);
      const spentUntilMs = begun + Math.ceil(costMs);
      if (!mayOwe && spentUntilMs > Math.floor(nowMs)) return { spent: false, spentUntilMs: begun };
      spentUntil.set(id, spentUntilMs);
      return { spent: true, spentUntilMs };
    },
  };
}
