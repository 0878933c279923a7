/** Runs callbacks after a delay, in the order in which they were added. All of them share one timer. */
export interface DelayLine {
  /** All callbacks that wait at the same time must have the same delay, so that none overtakes another. */
  after(delayMs: number, run: () => void): void;
}

export function createDelayLine(): DelayLine {
  let waiting: { dueMs: number; run: () => void }[] = [];
  let next = 0;
  let armed = false;

  function runDue(): void {
    armed = false;
    const nowMs = performance.now();
    for (let first = waiting[next]; first && first.dueMs <= nowMs; first = waiting[next]) {
      next += 1;
      first.run();
    }
    if (next === waiting.length) {
      waiting = [];
      next = 0;
    } else arm();
  }

  function arm(): void {
    const first = waiting[next];
    if (armed || !first) return;
    armed = true;
    setTimeout(runDue, Math.max(1, first.dueMs - performance.now()));
  }

  return {
    after(delayMs, run) {
      if (delayMs === 0 && waiting.length === 0) {
        run();
        return;
      }
      waiting.push({ dueMs: performance.now() + delayMs, run });
      arm();
    },
  };
}
