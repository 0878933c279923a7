export interface Second {
  delivered: number;
  throttled: number;
  failed: number;
}

/** The posts of each second, by when they ended. */
export interface Timeline {
  add(outcome: keyof Second, atMs: number): void;
  readonly seconds: readonly Second[];
  totals(): Second;
  /** When the last post ended. */
  readonly lastMs: number;
}

export function createTimeline(startMs: number, onSecond: (second: number) => void): Timeline {
  const seconds: Second[] = [];
  let lastMs = startMs;
  return {
    seconds,
    get lastMs() {
      return lastMs;
    },
    add(outcome, atMs) {
      const at = Math.floor((atMs - startMs) / 1_000);
      lastMs = Math.max(lastMs, atMs);
      if (at >= seconds.length) {
        while (seconds.length <= at) seconds.push({ delivered: 0, throttled: 0, failed: 0 });
        onSecond(at);
      }
      const second = seconds[at];
      if (second) second[outcome] += 1;
    },
    totals: () =>
      seconds.reduce(
        (sum, { delivered, throttled, failed }) => ({
          delivered: sum.delivered + delivered,
          throttled: sum.throttled + throttled,
          failed: sum.failed + failed,
        }),
        { delivered: 0, throttled: 0, failed: 0 },
      ),
  };
}
