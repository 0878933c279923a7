/** The client's time. A test can replace it. */
export interface ClientClock {
  /** Milliseconds. */
  now(): number;
  /** MUST call `callback` once, later and not within this call. Returns the timer for `clearTimeout`. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export const systemClock: ClientClock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

/** One timer, which is set or not. */
export interface Alarm {
  readonly isSet: boolean;
  /** Replaces a timer that is set. */
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
