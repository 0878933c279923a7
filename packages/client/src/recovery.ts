import { fullJitterMs } from "./backoff.ts";
import { type ClientClock, createAlarm } from "./clock.ts";
import { BACKOFF, REORDER_WINDOW_MS } from "./limits.ts";
import { comparePositions, moved } from "./position.ts";
import type { Position } from "./topic-event.ts";

/** Asks the server for missing events: after they had time to arrive by themselves, and with growing delays. */
export interface Recovery {
  /** MUST be called when anything about the topic changed. */
  check(): void;
  /** Forgets the pending request, because its connection is gone. */
  reset(): void;
}

/** The subscriber that is furthest behind. `urgent` means that waiting would not help. */
export interface Laggard {
  position: Position;
  urgent: boolean;
}

export function createRecovery(
  { clock, random }: { clock: ClientClock; random: () => number },
  laggard: () => Laggard | undefined,
  /** MUST call `onAnswered` once unless the connection is lost. Returns false if there is no connection to ask on. */
  ask: (from: Position, onAnswered: () => void) => boolean,
): Recovery {
  const alarm = createAlarm(clock);
  let asking = false;
  let asked: Position | undefined;
  let tries = 0;

  function check(): void {
    const waiting = laggard();
    if (!waiting) reset();
    if (!waiting || asking) return;
    // The events that were asked for have arrived: this is another hole
    if (asked && comparePositions(asked, waiting.position) !== 0) reset();
    if (tries === 0 && waiting.urgent) go(waiting.position);
    else if (!alarm.isSet) wait(waiting.position);
  }

  function wait(position: Position): void {
    const backoffMs = tries === 0 ? 0 : fullJitterMs(BACKOFF, tries, random);
    alarm.set(REORDER_WINDOW_MS + backoffMs, () => {
      const now = laggard();
      // Events arrive, but out of order: this is a new hole
      if (now && comparePositions(now.position, position) !== 0) check();
      else if (now) go(now.position);
    });
  }

  function go(position: Position): void {
    alarm.clear();
    const mine = moved(position, 0);
    asked = mine;
    asking = ask(mine, () => {
      if (asked !== mine) return;
      asking = false;
      tries++;
      check();
    });
  }

  function reset(): void {
    alarm.clear();
    asking = false;
    asked = undefined;
    tries = 0;
  }

  return { check, reset };
}
