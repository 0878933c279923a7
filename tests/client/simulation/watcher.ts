import type { Position } from "../../../packages/client/src/index.ts";
import { ANSWER_TIMEOUT_MS_DEFAULT } from "../../../packages/client/src/limits.ts";
import type { NetworkConnection, NetworkSettings } from "./network.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Watches the wire: records what arrived, and checks whether the client keeps its rules. */
export interface Watcher {
  hooks: Pick<NetworkSettings, "onClientFrame" | "onServerFrame" | "onClientClose">;
  /** Every event that arrived, in order. */
  received: ({ topicId: string } & Position)[];
  /** The rules that the client broke. */
  violations: string[];
  rotations: number;
  /** Returns whether the topic has a subscriber. */
  isWanted: (topicId: string) => boolean;
  isOver: boolean;
}

interface SentFrame {
  action: string;
  requestId: string;
  topicId: string;
  format?: string;
  positions?: object;
}

interface ReceivedFrame {
  type: string;
  requestId?: string;
  topicId: string;
  epoch: string;
  events: Position[];
  positions?: Record<string, { subscribed?: false }>;
}

interface Seen {
  inFlight: Map<string, { requestId: string; atMs: number }>;
  subscribed: Set<string>;
  /** Whether the server has removed a subscription of this connection. */
  wasForgotten: boolean;
}

export function createWatcher(time: VirtualTime): Watcher {
  const seen = new Map<NetworkConnection, Seen>();
  const violations: string[] = [];
  const seenOn = (connection: NetworkConnection): Seen => {
    const known = seen.get(connection) ?? { inFlight: new Map(), subscribed: new Set(), wasForgotten: false };
    seen.set(connection, known);
    return known;
  };

  /** Checks that a topic has at most one pending request, over all connections together. */
  function onClientFrame(connection: NetworkConnection, text: string): void {
    const { action, requestId, topicId, format, positions } = JSON.parse(text) as SentFrame;
    if (!connection.isOpenAtClient) violations.push(`${action} on a connection that is not open`);
    if (text.length > 32_768) violations.push(`a frame of ${text.length} characters`);
    if (action === "PING") {
      if (Object.keys(positions ?? {}).length > 100) violations.push("a PING with more than 100 positions");
      return;
    }
    // A topic may have one request of either kind
    const about = action === "PUBLISH" ? `PUBLISH ${topicId}` : topicId;
    for (const [other, { inFlight }] of seen) {
      const waiting = other.isOpenAtClient && inFlight.get(about);
      // After an error of API Gateway, which a published text can imitate, a request is sent again as it was
      if (waiting && other === connection && waiting.requestId === requestId) continue;
      if (waiting && time.now() - waiting.atMs < ANSWER_TIMEOUT_MS_DEFAULT - 1) {
        violations.push(`${action} of ${topicId} while another request about it was in flight`);
      }
    }
    if (action === "SUBSCRIBE" && format !== "event") violations.push("a SUBSCRIBE without the format event");
    if (action === "UNSUBSCRIBE") seenOn(connection).subscribed.delete(topicId);
    seenOn(connection).inFlight.set(about, { requestId, atMs: time.now() });
  }

  function onServerFrame(connection: NetworkConnection, text: string): void {
    const frame = JSON.parse(text) as ReceivedFrame;
    const { inFlight, subscribed } = seenOn(connection);
    for (const { offset } of frame.events ?? []) {
      watcher.received.push({ topicId: frame.topicId, epoch: frame.epoch, offset });
    }
    for (const [topicId, { requestId }] of inFlight)
      if (requestId === frame.requestId) inFlight.delete(topicId);
    if (frame.type === "SUBSCRIBED") subscribed.add(frame.topicId);
    const forgotten = Object.values(frame.positions ?? {}).some((position) => position.subscribed === false);
    if (forgotten) seenOn(connection).wasForgotten = true;
  }

  /** Checks that a rotation closes the old connection only after another one has all its subscriptions. */
  function onClientClose(connection: NetworkConnection): void {
    if (connection.closedByClient !== "rotated") return;
    watcher.rotations++;
    const others = [...seen].filter(([other]) => other !== connection && other.isOpenAtClient);
    for (const topicId of seenOn(connection).subscribed) {
      if (!watcher.isWanted(topicId)) continue;
      const isTakenOver = others.some(
        ([, { subscribed, wasForgotten }]) => wasForgotten || subscribed.has(topicId),
      );
      if (!isTakenOver) violations.push(`${topicId} was left without a subscription by a rotation`);
    }
  }

  const watcher: Watcher = {
    hooks: { onClientFrame, onServerFrame, onClientClose },
    received: [],
    violations,
    rotations: 0,
    isWanted: () => false,
    isOver: false,
  };
  return watcher;
}
