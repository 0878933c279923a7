import { createAlarm } from "./clock.ts";
import { isPageHidden } from "./environment.ts";
import {
  HEARTBEAT_MAX_MS_DEFAULT,
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
 * Sends PINGs, less and less often while nothing happens. They keep API Gateway from closing an idle connection, and recover
 * the events that were missed because the index lagged or a post or a fan-out was lost. A late response is not a dead
 * connection: the link decides that.
 */
export interface Heartbeat {
  /** Restarts the timer, because a connection was opened. */
  start(): void;
  /** Waits the shortest time again, because events arrived. They keep the connection open and show what is missing. */
  heard(): void;
  /** Sends a PING soon, because a subscription was written and the index may lag. */
  soon(): void;
  /** Checks at once whether the connection is alive, then sends the positions. Many calls in a short time are one. */
  wake(): void;
  stop(): void;
}

export function createHeartbeat(
  { clock, random, ...options }: ResolvedOptions,
  linkNow: () => Link | undefined,
  topics: ReadonlyMap<string, Topic>,
): Heartbeat {
  const { heartbeatMaxMs: maxMs = Math.max(options.heartbeatMs, HEARTBEAT_MAX_MS_DEFAULT) } = options;
  const firstMs = Math.min(options.heartbeatMs, maxMs);
  const alarm = createAlarm(clock);
  /** The last event or heartbeat. */
  let quietSinceMs = 0;
  let checkedAtMs = 0;
  /** Heartbeats in a row that found nothing. Each doubles the wait. */
  let beats = 0;
  /** The wait is random, so that clients that started together do not send their PINGs together. */
  let lessMs = 0;
  let tickAtMs = 0;
  /** Whether the next PING names all topics and does not wait for a quiet moment. */
  let isUrgent = false;
  /** NaN is never less than the interval ago. */
  let wokenAtMs = Number.NaN;

  const dueAtMs = (): number =>
    quietSinceMs + (isPageHidden() ? maxMs : Math.min(firstMs * 2 ** beats, maxMs)) - lessMs;

  /** Ticks also while no PING is due: a subscription may end, an event may have come, the page may be hidden. */
  function arm(): void {
    const nowMs = clock.now();
    tickAtMs = Math.min(dueAtMs(), nowMs + firstMs - lessMs);
    alarm.set(tickAtMs - nowMs, tick);
  }

  function tick(): void {
    const link = linkNow();
    if (!link) return;
    const nowMs = clock.now();
    const isQuiet = nowMs >= dueAtMs();
    // Until the next tick. A SUBSCRIBE recovers what is missing too
    for (const topic of topics.values()) topic.renew(firstMs);
    // While one topic is busy, the others may still miss their last event
    if (isQuiet || isUrgent || nowMs >= checkedAtMs + maxMs) {
      beat(link, isQuiet, isUrgent ? nowMs : nowMs - firstMs / 2);
      beats = isQuiet && !isUrgent ? beats + 1 : 0;
      if (isQuiet || isUrgent) restart();
      checkedAtMs = nowMs;
      isUrgent = false;
    }
    arm();
  }

  function restart(): void {
    quietSinceMs = clock.now();
    lessMs = (random() * firstMs) / 4;
  }

  /** Sends the positions of the topics that had no event since `heardBeforeMs`, and nothing without any unless it is quiet. */
  function beat(link: Link, isQuiet: boolean, heardBeforeMs: number): void {
    for (const positions of splitIntoFrames(link, heardBeforeMs)) {
      if (!positions[0] && !isQuiet) return;
      link.request({ action: "PING", positions: Object.fromEntries(positions) }, (answer) => {
        for (const [topicId, asked] of positions) {
          // Not confirmed: it was behind, or the server does not know now, or does not answer
          if (!topics.get(topicId)?.pong(link, asked, answer)) beats = 0;
        }
      });
    }
  }

  /** Splits the positions over as many frames as they need, at least one. */
  function splitIntoFrames(link: Link, heardBeforeMs: number): [string, Position][][] {
    let frame: [string, Position][] = [];
    const frames = [frame];
    let bytes = 0;
    for (const [topicId, topic] of topics) {
      const { position } = topic;
      if (!position || topic.link !== link || topic.heardAtMs > heardBeforeMs) continue;
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
    start() {
      restart();
      checkedAtMs = quietSinceMs;
      beats = 0;
      arm();
    },
    heard() {
      quietSinceMs = clock.now();
      beats = 0;
    },
    soon() {
      isUrgent = true;
      const waitMs = SETTLE_MS * (1 + random() / 2);
      if (clock.now() + waitMs < tickAtMs) alarm.set(waitMs, tick);
    },
    wake() {
      if (clock.now() - wokenAtMs < WAKE_INTERVAL_MS) return;
      wokenAtMs = clock.now();
      linkNow()?.probe(PROBE_TIMEOUT_MS, () => {
        isUrgent = true;
        tick();
      });
    },
    stop: alarm.clear,
  };
}
