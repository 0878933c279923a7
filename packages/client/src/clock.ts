/** Time, so that it can be driven by a test. */
export interface ClientClock {
  /** Milliseconds. */
  now(): number;
  /** MUST call back once, later and not within this call; answers what `clearTimeout` takes. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export const systemClock: ClientClock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

/** At most one timer at a time. */
export interface Alarm {
  readonly isSet: boolean;
  /** Replaces what was set before. */
  set(ms: number, ring: () => void): void;
  clear(): void;
}

export function createAlarm(clock: ClientClock): Alarm {
  let timer: unknown;
  let isSet = false;

  function clear(): void {
    if (isSet) clock.clearTimeout(timer);
    isSet = false;
  }

  return {
    get isSet() {
      return isSet;
    },
    set(ms, ring) {
      clear();
      isSet = true;
      timer = clock.setTimeout(() => {
        isSet = false;
        ring();
      }, ms);
    },
    clear,
  };
}
