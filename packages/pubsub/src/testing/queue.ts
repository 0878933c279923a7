import type { ReceivedMessage } from "../core/fanout/batch.ts";
import type { Clock, DeadLetterReason, FanoutQueue } from "../core/ports.ts";
import { createMemoryDeadLetters, type MemoryDeadLetters } from "./dead-letters.ts";

interface Entry {
  id: string;
  body: string;
  sentAtMs: number;
  firstReceivedAtMs?: number;
  visibleAtMs: number;
  receiveCount: number;
}

export interface MemoryQueue extends FanoutQueue {
  /** Receives messages that are visible now. A message becomes visible again unless it is deleted in time. */
  receive(max: number, visibilityMs: number): ReceivedMessage[];
  delete(id: string): void;
  /** Returns when the next message becomes visible, or undefined if the queue is empty. */
  nextVisibleAtMs(): number | undefined;
  readonly deadLetters: readonly { body: string; reason: DeadLetterReason }[];
}

/** Delivers at least once and in any order: `random` decides which of the visible messages come first. */
export function createMemoryQueue(
  clock: Pick<Clock, "now" | "random">,
  letters: MemoryDeadLetters = createMemoryDeadLetters(clock),
): MemoryQueue {
  const entries = new Map<string, Entry>();
  let sequence = 0;
  return {
    durable: true,
    get deadLetters() {
      return letters.all.flatMap(({ body, reason }) => (reason ? [{ body, reason }] : []));
    },
    async send(messages) {
      for (const { body, delaySeconds } of messages) {
        const id = `m${sequence++}`;
        const sentAtMs = clock.now();
        const visibleAtMs = sentAtMs + delaySeconds * 1_000;
        entries.set(id, { id, body, sentAtMs, visibleAtMs, receiveCount: 0 });
      }
    },
    async deadLetter(body, reason) {
      letters.put(body, reason);
    },
    receive(max, visibilityMs) {
      const visible = [...entries.values()].filter(({ visibleAtMs }) => visibleAtMs <= clock.now());
      const chosen = visible.map((entry) => ({ entry, at: clock.random() })).sort((a, b) => a.at - b.at);
      return chosen.slice(0, max).map(({ entry }) => {
        const { id, body, sentAtMs } = entry;
        entry.firstReceivedAtMs ??= clock.now();
        entry.visibleAtMs = clock.now() + visibilityMs;
        entry.receiveCount += 1;
        const waitedMs = entry.firstReceivedAtMs - sentAtMs;
        return { id, body, receiveCount: entry.receiveCount, waitedMs };
      });
    },
    delete: (id) => void entries.delete(id),
    nextVisibleAtMs() {
      const times = [...entries.values()].map(({ visibleAtMs }) => visibleAtMs);
      return times.length > 0 ? Math.min(...times) : undefined;
    },
  };
}
