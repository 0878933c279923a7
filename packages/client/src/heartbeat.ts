import { createAlarm } from "./clock.ts";
import {
  POSITIONS_BYTES_MAX,
  POSITIONS_MAX,
  PROBE_TIMEOUT_MS,
  SETTLE_MS,
  WAKE_INTERVAL_MS,
} from "./limits.ts";
import type { Link } from "./link.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Topic } from "./topic.ts";
import type { Position } from "./topic-event.ts";

/**
 * Sends PINGs. They keep API Gateway from closing an idle connection, and recover the events that were missed because
 * the index lagged or a post or a fan-out was lost. A late response is not a dead connection: the link decides that.
 */
export interface Heartbeat {
  /** Restarts the timer, because a connection was opened. */
  start(): void;
  /** Sends a PING soon, because a subscription was written and the index may lag. */
  soon(): void;
  /** Checks at once whether the connection is alive, then sends the positions. Many calls in a short time are one. */
  wake(): void;
  stop(): void;
}

export function createHeartbeat(
  { clock, random, heartbeatMs }: ResolvedOptions,
  linkNow: () => Link | undefined,
  topics: ReadonlyMap<string, Topic>,
): Heartbeat {
  const alarm = createAlarm(clock);
  let dueAtMs = 0;
  /** NaN is never less than the interval ago. */
  let wokenAtMs = Number.NaN;

  /** The delay is random, so that clients that started together do not send their PINGs together. */
  function start(): void {
    const waitMs = heartbeatMs * (0.75 + random() * 0.25);
    dueAtMs = clock.now() + waitMs;
    alarm.set(waitMs, beat);
  }

  function beat(): void {
    const link = linkNow();
    if (!link) return;
    start();
    for (const positions of splitIntoFrames(link)) {
      link.request({ action: "PING", positions: Object.fromEntries(positions) }, (answer) => {
        for (const [topicId, asked] of positions) topics.get(topicId)?.pong(link, asked, answer);
      });
    }
  }

  /** Splits the positions over as many frames as they need, at least one. */
  function splitIntoFrames(link: Link): [string, Position][][] {
    let frame: [string, Position][] = [];
    const frames = [frame];
    let bytes = 0;
    for (const [topicId, topic] of topics) {
      // Until the next heartbeat. A SUBSCRIBE recovers what is missing too
      topic.renew(heartbeatMs);
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
    wake() {
      if (clock.now() - wokenAtMs < WAKE_INTERVAL_MS) return;
      wokenAtMs = clock.now();
      linkNow()?.probe(PROBE_TIMEOUT_MS, beat);
    },
    stop: alarm.clear,
  };
}
