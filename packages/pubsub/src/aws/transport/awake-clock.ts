/** Milliseconds in which this process could run. A stall of any cause counts as two ticks at most. */
export interface AwakeClock {
  nowMs(): number;
  /** Starts the ticks, unless they run. They keep the process alive. */
  start(): void;
  /** Stops the time too. */
  stop(): void;
}

/** It uses the monotonic clock, which cannot be set. */
export function createAwakeClock(tickMs: number, onTick: () => void): AwakeClock {
  let awakeMs = 0;
  let lastTickMs = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const nowMs = (): number =>
    timer === undefined ? awakeMs : awakeMs + Math.min(performance.now() - lastTickMs, 2 * tickMs);

  function take(): void {
    awakeMs = nowMs();
    lastTickMs = performance.now();
  }

  return {
    nowMs,
    start() {
      if (timer !== undefined) return;
      lastTickMs = performance.now();
      timer = setInterval(() => {
        take();
        onTick();
      }, tickMs);
    },
    stop() {
      take();
      clearInterval(timer);
      timer = undefined;
    },
  };
}
