import type { EventsFrame } from "../frames.ts";
import type { LogSettings } from "../log/log-settings.ts";
import { currentPosition } from "../log/position.ts";
import type { Ports } from "../ports.ts";
import type { RecoveredPosition } from "../protocol.ts";
import type { Consumer, Position } from "../types.ts";
import { missingSince, newReplayBudget } from "./replay.ts";

type HealPorts = Pick<Ports, "log" | "subscriptions" | "clock">;

export interface Healed {
  /** For each topic, where it stands; topics that have to wait for the client's next frame are left out. */
  positions: Map<string, RecoveredPosition | { subscribed: false }>;
  frames: EventsFrame[];
}

/**
 * What a client that is at these positions has missed. Only who is subscribed is told anything of a topic, and
 * whoever thinks to be and is not (its subscription removed by a 410 that was none, say) learns so here.
 */
export async function heal(
  ports: HealPorts,
  consumer: Consumer,
  positions: ReadonlyMap<string, Position>,
  settings: LogSettings,
): Promise<Healed> {
  const healed: Healed = { positions: new Map(), frames: [] };
  const budget = newReplayBudget();
  for (const [topicId, since] of positions) {
    if (!(await ports.subscriptions.has({ consumer, topicId }))) {
      healed.positions.set(topicId, { subscribed: false });
      continue;
    }
    const position = await currentPosition(ports, topicId, settings);
    const missing = await missingSince(ports, topicId, { since, position }, budget);
    if (missing === "later") continue;
    healed.positions.set(topicId, { ...position, recovered: missing !== "gone" });
    if (missing !== "gone") healed.frames.push(...missing);
  }
  return healed;
}
