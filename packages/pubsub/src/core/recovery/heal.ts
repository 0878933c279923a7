import type { EventsFrame } from "../frames.ts";
import type { LogSettings } from "../log/log-settings.ts";
import { currentPosition } from "../log/position.ts";
import type { Ports } from "../ports.ts";
import type { RecoveredPosition } from "../protocol.ts";
import type { Consumer, Position } from "../types.ts";
import { missingSince, newReplayBudget } from "./replay.ts";

type HealPorts = Pick<Ports, "log" | "subscriptions" | "clock">;

export interface Healed {
  /** The position of each topic. Topics that must wait for the client's next message are left out. */
  positions: Map<string, RecoveredPosition | { subscribed: false }>;
  frames: EventsFrame[];
}

/**
 * Returns what a client at these positions has missed. Only a subscriber receives anything about a topic. A client that
 * has lost its subscription receives `subscribed: false`: for example if a wrong 410 removed it.
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
