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
import type { Position } from "./topic-event.ts";
import { keyOf } from "./topic-key.ts";
import type { Topic } from "./topic-port.ts";

/**
 * Sends PINGs, less and less often while nothing happens. They keep API Gateway from closing an idle connection, and recover
 * the events that were missed because the index lagged or a post or a fan-out was lost. A late response is not a dead
 * connection: the link decides that.
 */
export interface Heartbeat {
  /** Restarts the timer, because a connection was opened. */
  start(): void;
  /** Waits the shortest time again, because events arrived. They keep the connection open and show what is missing. */
  heard(key: string): void;
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
  /** The topics that had an event since the last tick. */
  const heard = new Set<string>();
  /** Heartbeats in a row that found nothing: each doubles the wait. Below 0 the next tick sends one in any case. */
  let beats = 0;
  let lessMs = 0;
  let tickAtMs = 0;
  /** NaN is never less than the interval ago. */
  let wokenAtMs = Number.NaN;

  const dueAtMs = (): number =>
    quietSinceMs + (isPageHidden() ? maxMs : Math.min(firstMs * 2 ** beats, maxMs)) - lessMs;

  /**
   * Ticks also while no PING is due: a subscription may end, an event may have come, the page may be hidden. The wait is
   * random, so that clients that started together do not send their PINGs together.
   */
  function arm(): void {
    const nowMs = clock.now();
    lessMs = (random() * firstMs) / 4;
    tickAtMs = Math.min(dueAtMs(), nowMs + firstMs - lessMs);
    // What made it due may lie in the past, and Node warns of negative times
    alarm.set(Math.max(0, tickAtMs - nowMs), tick);
  }

  function tick(): void {
    const link = linkNow();
    if (!link) return;
    const nowMs = clock.now();
    const isDue = beats < 0 || nowMs >= dueAtMs();
    // Until the next tick. A SUBSCRIBE recovers what is missing too
    for (const topic of topics.values()) topic.renew();
    if (isDue) {
      quietSinceMs = nowMs;
      beats++;
      heard.clear();
    }
    // While some topics are busy, others may still miss their last event
    if (isDue || (heard.size && nowMs >= checkedAtMs + maxMs)) beat(link, isDue);
    heard.clear();
    arm();
  }

  /** Sends the positions of the topics that were not heard, in as many PINGs as they need. Sends one in any case if it is due. */
  function beat(link: Link, isDue: boolean): void {
    let positions: [string, Position][] = [];
    let bytes = 0;
    checkedAtMs = clock.now();
    for (const [key, topic] of topics) {
      const { name, position } = topic;
      if (!position || topic.link !== link || heard.has(key)) continue;
      // A UTF-16 unit is at most three bytes of UTF-8
      const most = JSON.stringify([name, position]).length * 3;
      const size = Math.max(most, POSITIONS_BYTES_MAX / POSITIONS_MAX);
      bytes += size;
      if (bytes > POSITIONS_BYTES_MAX) {
        ping(link, positions);
        positions = [];
        bytes = size;
      }
      positions.push([name, position]);
    }
    if (isDue || bytes) ping(link, positions);
  }

  function ping(link: Link, positions: readonly [string, Position][]): void {
    link.request({ action: "PING", positions: Object.fromEntries(positions) }, (answer) => {
      for (const [name, asked] of positions) {
        // The client is behind, or the server does not know now, or does not answer
        if (!topics.get(keyOf(name))?.pong(link, asked, answer)) hurry();
      }
    });
  }

  function restart(): void {
    quietSinceMs = clock.now();
    hurry();
  }

  function hurry(): void {
    beats = Math.min(beats, 0);
  }

  return {
    start() {
      restart();
      arm();
    },
    heard(key) {
      heard.add(key);
      restart();
    },
    soon() {
      beats = -1;
      const waitMs = SETTLE_MS * (1 + random() / 2);
      if (clock.now() + waitMs < tickAtMs) alarm.set(waitMs, tick);
    },
    wake() {
      if (clock.now() - wokenAtMs < WAKE_INTERVAL_MS) return;
      wokenAtMs = clock.now();
      linkNow()?.probe(PROBE_TIMEOUT_MS, () => {
        beats = -1;
        tick();
      });
    },
    stop: alarm.clear,
  };
}
