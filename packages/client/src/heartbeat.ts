import { createAlarm } from "./clock.ts";
import { POSITIONS_BYTES_MAX, POSITIONS_MAX, SETTLE_MS } from "./limits.ts";
import type { Link } from "./link.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Topic } from "./topic.ts";
import type { Position } from "./types.ts";

/**
 * PINGs: they keep the connection from the idle cut, find out whether it is alive, and bring what index lag, a lost
 * post or a lost fan-out left behind.
 */
export interface Heartbeat {
  /** Begins anew: a connection was opened. */
  start(): void;
  /** A subscription was written: looks soon whether the index lagged behind it. */
  soon(): void;
  beat(timeoutMs?: number): void;
  stop(): void;
}

export function createHeartbeat(
  { clock, random, heartbeatMs }: ResolvedOptions,
  linkNow: () => Link | undefined,
  topics: ReadonlyMap<string, Topic>,
): Heartbeat {
  const alarm = createAlarm(clock);
  let dueAtMs = 0;

  /** Spread, so that clients that began together do not beat together. */
  function start(): void {
    const waitMs = heartbeatMs * (0.75 + random() * 0.25);
    dueAtMs = clock.now() + waitMs;
    alarm.set(waitMs, beat);
  }

  function beat(timeoutMs?: number): void {
    const link = linkNow();
    if (!link) return;
    start();
    for (const positions of framesOf(link)) {
      link.request(
        { action: "PING", positions: Object.fromEntries(positions) },
        (answer) => {
          for (const [topicId, asked] of positions) topics.get(topicId)?.pong(link, asked, answer);
        },
        timeoutMs,
      );
    }
  }

  /** As many as need be, and one at the least. */
  function framesOf(link: Link): [string, Position][][] {
    let frame: [string, Position][] = [];
    const frames = [frame];
    let bytes = 0;
    for (const [topicId, topic] of topics) {
      const { position } = topic;
      if (!position || topic.link !== link) continue;
      // A UTF-16 unit is at most three bytes of UTF-8
      const most = JSON.stringify([topicId, position]).length * 3;
      const size = Math.max(most, POSITIONS_BYTES_MAX / POSITIONS_MAX);
      bytes += size;
      if (bytes > POSITIONS_BYTES_MAX) {
        frame = [];
        frames.push(frame);
        bytes = size;
      }
      frame.push([topicId, position]);
    }
    return frames;
  }

  return {
    start,
    soon() {
      const waitMs = SETTLE_MS * (1 + random());
      if (clock.now() + waitMs < dueAtMs) alarm.set(waitMs, beat);
    },
    beat,
    stop: alarm.clear,
  };
}
