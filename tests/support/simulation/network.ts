import { consumerId } from "../../../packages/pubsub/src/core/consumer.ts";
import type { Clock, Connections, PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import type { MemoryConnections } from "../../../packages/pubsub/src/testing/connections.ts";
import { createRandom } from "../../../packages/pubsub/src/testing/virtual-clock.ts";
import { markersOf, type Records } from "./records.ts";
import type { Faults } from "./scenario.ts";

const HANG_MS = 5_000;
const decoder = new TextDecoder();

/** Returns connections with network faults for one invocation of a worker. Records every post that arrives. */
export function faultyConnections(
  connections: MemoryConnections,
  {
    clock,
    faults,
    records,
    invocation,
  }: {
    clock: Clock;
    faults: Faults;
    records: Records;
    invocation: number;
  },
): Connections {
  const { failed, throttled, hanging, answerLost } = faults.posts;
  const error = (reason: string, retryable = true): PostResult => ({ outcome: "failed", retryable, reason });

  async function onTheWay(chance: number): Promise<PostResult | undefined> {
    if (chance < failed) return error("500");
    if (chance < failed + throttled) return { outcome: "throttled" };
    if (chance >= failed + throttled + hanging) return undefined;
    await clock.sleep(HANG_MS);
    return error("timed out");
  }

  return {
    async post(consumer, frame) {
      const record = {
        consumer,
        invocation,
        markers: markersOf(decoder.decode(frame.body)),
        arrived: false,
        answerLost: false,
      };
      records.posts.push(record);
      const broken = brokenness(consumerId(consumer), faults.broken);
      if (broken) return error(broken, broken === "500");
      const lost = await onTheWay(clock.random());
      if (lost) return lost;
      const result = await connections.post(consumer, frame);
      if (result.outcome !== "delivered") return result;
      record.arrived = true;
      record.answerLost = clock.random() < answerLost;
      return record.answerLost ? error("reset") : result;
    },
  };
}

/** Decides by the id, so that the same consumers are broken during the whole run. */
function brokenness(id: string, share: number): "500" | "413" | undefined {
  const hash = [...id].reduce((sum, character) => Math.imul(sum, 31) + character.charCodeAt(0), 7);
  const chance = createRandom(hash)();
  if (chance >= share) return undefined;
  return chance < share / 2 ? "500" : "413";
}
