export interface Delays {
  /** Resolves after `ms`, or at once after `stop`. */
  wait(ms: number): Promise<void>;
  stop(): void;
}

/** Creates timers that `stop` ends together, so that no latency and no fault outlives the gateway. */
export function createDelays(): Delays {
  const finishers = new Set<() => void>();
  let stopped = false;
  return {
    wait(ms) {
      if (stopped || ms <= 0) return Promise.resolve();
      return new Promise((resolve) => {
        const finish = (): void => {
          clearTimeout(timer);
          finishers.delete(finish);
          resolve();
        };
        const timer = setTimeout(finish, ms);
        finishers.add(finish);
      });
    },
    stop() {
      stopped = true;
      for (const finish of finishers) finish();
    },
  };
}
