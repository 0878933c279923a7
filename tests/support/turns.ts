import type { Limiter, Turn } from "../../packages/pubsub/src/core/delivery/limiter.ts";

/** Takes a turn that is free now. Throws if no turn is free. */
export function takeTurn(limiter: Limiter): Turn {
  const turn = limiter.acquire();
  if (turn instanceof Promise) throw new Error("no turn was free");
  return turn;
}

/** Requests a turn that is not free yet. Throws if a turn is free. */
export function waitForTurn(limiter: Limiter): Promise<Turn> {
  const turn = limiter.acquire();
  if (!(turn instanceof Promise)) throw new Error("a turn was free");
  return turn;
}

/** Takes all turns that are free now, and requests one more. */
export function takeAllTurns(limiter: Limiter, max = 10_000): Turn[] {
  const turns: Turn[] = [];
  while (turns.length < max) {
    const turn = limiter.acquire();
    if (turn instanceof Promise) break;
    turns.push(turn);
  }
  return turns;
}
