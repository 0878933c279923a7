import fc from "fast-check";

/** One run: who is there, and what goes wrong. The same scenario is the same run, step for step. */
export interface Scenario {
  seed: number;
  subscribers: number;
  /** Publishing processes, each with lanes that publish one after the other. */
  publishers: number;
  publications: number;
  workers: number;
  pageSize: number;
  maxAttempts: number;
  faults: Faults;
}

export interface Faults {
  /** How many workers die, each in the middle of a call. */
  crashes: number;
  /** How many calls of the workers to their ports are refused, or take effect and their answer is lost. */
  workerErrors: number;
  /** The same for the publishers. */
  publisherErrors: number;
  /** The share of messages that the queue holds twice. */
  duplicates: number;
  /** The share of posts that end so: not delivered and answered 500 or 429, never answered; delivered, and a 500. */
  posts: { failed: number; throttled: number; hanging: number; answerLost: number };
  /** The share of subscribers that nothing can be posted to, now (500) or ever (413). */
  broken: number;
  /** Subscribers come, leave and are cut off while all of this goes on. */
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

/** Faults that keep within `worst`: what is 0 or false there does not happen. */
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
    publishers: fc.integer({ min: 1, max: 3 }),
    publications: fc.integer({ min: 1, max: 5 }),
    workers: fc.integer({ min: 1, max: 3 }),
    pageSize: fc.integer({ min: 1, max: 9 }),
    maxAttempts: fc.integer({ min: 1, max: 4 }),
    faults: faultsWithin({ ...CALM, ...worst }),
  });
