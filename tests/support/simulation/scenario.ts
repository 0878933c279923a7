import fc from "fast-check";

/** One run: its participants and its faults. The same scenario gives the same run, step for step. */
export interface Scenario {
  seed: number;
  subscribers: number;
  /** The share of subscribers in the format `data`. A topic of one part without them needs no claims. */
  dataShare: number;
  /** Publishing processes, each with lanes that publish one after the other. */
  publishers: number;
  publications: number;
  workers: number;
  partSize: number;
  maxAttempts: number;
  /** Publishers fan out themselves to topics of at most this many subscribers. 0: all of it goes to the queue. */
  inlineFanoutMax: number;
  faults: Faults;
}

export interface Faults {
  /** The number of workers that die, each in the middle of a call. */
  crashes: number;
  /** The number of port calls of the workers that fail, or that take effect but lose their result. */
  workerErrors: number;
  /** The same for the publishers. */
  publisherErrors: number;
  /** The share of messages that the queue holds twice. */
  duplicates: number;
  /**
   * The share of posts that end in each way. `failed` and `throttled`: not delivered, status 500 or 429. `hanging`: no
   * response. `answerLost`: delivered, but status 500.
   */
  posts: { failed: number; throttled: number; hanging: number; answerLost: number };
  /** The share of subscribers to which every post fails, with a retryable 500 or a permanent 413. */
  broken: number;
  /** Whether subscribers come, leave and are disconnected during the run. */
  churn: boolean;
}

export const CALM: Faults = {
  crashes: 0,
  workerErrors: 0,
  publisherErrors: 0,
  duplicates: 0,
  posts: { failed: 0, throttled: 0, hanging: 0, answerLost: 0 },
  broken: 0,
  churn: false,
};

const share = (max: number): fc.Arbitrary<number> =>
  fc.integer({ min: 0, max: 100 }).map((percent) => (percent / 100) * max);

/** Generates faults up to `worst`. A fault that is 0 or false there does not happen. */
const faultsWithin = (worst: Faults): fc.Arbitrary<Faults> =>
  fc.record({
    crashes: fc.integer({ min: 0, max: worst.crashes }),
    workerErrors: fc.integer({ min: 0, max: worst.workerErrors }),
    publisherErrors: fc.integer({ min: 0, max: worst.publisherErrors }),
    duplicates: share(worst.duplicates),
    posts: fc.record({
      failed: share(worst.posts.failed),
      throttled: share(worst.posts.throttled),
      hanging: share(worst.posts.hanging),
      answerLost: share(worst.posts.answerLost),
    }),
    broken: share(worst.broken),
    churn: worst.churn ? fc.boolean() : fc.constant(false),
  });

export const scenarios = (worst: Partial<Faults>): fc.Arbitrary<Scenario> =>
  fc.record({
    seed: fc.nat(),
    subscribers: fc.integer({ min: 0, max: 24 }),
    dataShare: fc.constantFrom(0, 0, 0.1, 0.5),
    publishers: fc.integer({ min: 1, max: 3 }),
    publications: fc.integer({ min: 1, max: 5 }),
    workers: fc.integer({ min: 1, max: 3 }),
    partSize: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(24)),
    maxAttempts: fc.integer({ min: 1, max: 4 }),
    inlineFanoutMax: fc.constantFrom(0, 0, 5, 24),
    faults: faultsWithin({ ...CALM, ...worst }),
  });
