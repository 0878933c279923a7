import { consumerId } from "../core/consumer.ts";
import type { Connections, Disconnect, PostResult } from "../core/ports.ts";
import type { Consumer } from "../core/types.ts";

export interface MemoryConnections extends Connections {
  disconnect: Disconnect;
  open(consumer: Consumer): void;
  close(consumer: Consumer): void;
  /** Returns the messages that arrived at a connection, in order. */
  received(consumer: Consumer): readonly string[];
}

/** Delivers every post, unless `answer` returns another result for it. Only a `delivered` post arrives. */
export function createMemoryConnections(
  answer: (consumer: Consumer, text: string) => Promise<PostResult | undefined> = async () => undefined,
): MemoryConnections {
  const connections = new Map<string, string[]>();
  const decoder = new TextDecoder();
  return {
    open: (consumer) => void connections.set(consumerId(consumer), []),
    close: (consumer) => void connections.delete(consumerId(consumer)),
    received: (consumer) => connections.get(consumerId(consumer)) ?? [],
    async post(consumer, { body }, { tail = "" } = {}) {
      const text = decoder.decode(body) + tail;
      const result = (await answer(consumer, text)) ?? { outcome: "delivered" };
      if (result.outcome !== "delivered") return result;
      const frames = connections.get(consumerId(consumer));
      if (!frames) return { outcome: "gone" };
      frames.push(text);
      return result;
    },
    async disconnect(consumer) {
      return { outcome: connections.delete(consumerId(consumer)) ? "disconnected" : "gone" };
    },
  };
}
