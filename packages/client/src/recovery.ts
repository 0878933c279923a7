import { fullJitterMs } from "./backoff.ts";
import { type ClientClock, createAlarm } from "./clock.ts";
import { BACKOFF, REORDER_WINDOW_MS } from "./limits.ts";
import { comparePositions, moved } from "./position.ts";
import type { Position } from "./types.ts";

/** Asks the server for what is missing: not before it had time to come by itself, and not faster than it helps. */
export interface Recovery {
  /** To be called when anything about the topic changed. */
  check(): void;
  /** Forgets what was asked: the connection it was asked on is gone. */
  reset(): void;
}

/** Whoever waits longest. Urgent: time will not help. */
export interface Laggard {
  position: Position;
  urgent: boolean;
}

export function createRecovery(
  { clock, random }: { clock: ClientClock; random: () => number },
  laggard: () => Laggard | undefined,
  /** MUST call back once unless the connection is lost; answers false if there is none to ask on. */
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
    // What was asked for has come: this is another hole
    if (asked && comparePositions(asked, waiting.position) !== 0) reset();
    if (tries === 0 && waiting.urgent) go(waiting.position);
    else if (!alarm.isSet) wait(waiting.position);
  }

  function wait(position: Position): void {
    const backoffMs = tries === 0 ? 0 : fullJitterMs(BACKOFF, tries, random);
    alarm.set(REORDER_WINDOW_MS + backoffMs, () => {
      const now = laggard();
      // Events come, though in another order: the hole they wait for is a new one
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
