/** The faults: probabilities from 0 to 1, and the longest delays. */
export interface Faults {
  lostPost: number;
  repeatedPost: number;
  lostFanout: number;
  repeatedFanout: number;
  serverError: number;
  swallowedFrame: number;
  refusedConnect: number;
  hangingConnect: number;
  lostDisconnect: number;
  /** A published text that imitates a frame comes in before a post. */
  forgedText: number;
  postDelayMs: number;
  handlerDelayMs: number;
  fanoutDelayMs: number;
  indexLagMs: number;
  /** The event is in the log, but the response is an error, and nothing is fanned out. */
  fanoutNotQueued: number;
  failedLoad: number;
  /** `load` returns what was the state some events ago. */
  staleLoad: number;
  loadDelayMs: number;
}

export const NO_FAULTS: Faults = {
  lostPost: 0,
  repeatedPost: 0,
  lostFanout: 0,
  repeatedFanout: 0,
  serverError: 0,
  swallowedFrame: 0,
  refusedConnect: 0,
  hangingConnect: 0,
  lostDisconnect: 0,
  forgedText: 0,
  postDelayMs: 20,
  handlerDelayMs: 20,
  fanoutDelayMs: 20,
  indexLagMs: 0,
  fanoutNotQueued: 0,
  failedLoad: 0,
  staleLoad: 0,
  loadDelayMs: 20,
};

export interface Chance {
  random: () => number;
  happens(probability: number): boolean;
  /** Returns a delay that is mostly short and sometimes close to `longestMs`. */
  delayMs(longestMs: number): number;
}

export const createChance = (random: () => number): Chance => ({
  random,
  happens: (probability) => probability > 0 && random() < probability,
  delayMs: (longestMs) => longestMs * random() ** 3,
});
