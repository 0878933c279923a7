import fc from "fast-check";
import type { Faults } from "./faults.ts";

/** One step. `subscriber` is an index modulo the number of subscribers. */
export type Step =
  | { step: "wait"; ms: number }
  | { step: "publish"; topic: number; count: number }
  | { step: "subscribe"; topic: number; since: SinceChoice; leaveAfter: number | undefined; mode: Mode }
  | { step: "client-publish"; topic: number; count: number; abortAfterMs: number | undefined }
  | { step: "unsubscribe"; subscriber: number }
  | { step: "drop"; code: number }
  | { step: "half-open" }
  | { step: "offline"; ms: number }
  | { step: "forget-row" }
  | { step: "trim"; topic: number; count: number }
  | { step: "expire"; topic: number }
  | { step: "wake" }
  | { step: "reconnect" }
  | { step: "close" };

/** What a subscriber asks for. All but the first begin with new events, whatever `since` is. */
export type Mode =
  | { mode: "all" }
  | { mode: "last"; count: number }
  | { mode: "latest"; last: number | undefined }
  | { mode: "load" };

/** Where a subscriber begins: now, at another one's position, some events earlier, or at an unknown position. */
export type SinceChoice =
  | { since: "now" }
  | { since: "other"; subscriber: number }
  | { since: "back"; by: number }
  | { since: "foreign"; epoch: string; offset: number };

export interface Scenario {
  seed: number;
  /** Of the subscriber that is there from the start. */
  first: Mode;
  steps: Step[];
  faults: Faults;
  maxReplay: number;
  knowsEpochEnds: boolean;
  heartbeatMs: number;
  heartbeatMaxMs: number;
  maxConnectionAgeMs: number;
  /** When the server closes a connection, as a share of maxConnectionAgeMs. Below 1 the server is first. */
  cutShare: number;
  idleTimeoutMs: number;
  asyncUrl: boolean;
}

const small = fc.nat({ max: 7 });
/** Most steps use one topic: steps on different topics rarely affect each other. */
const topic = fc.constantFrom(0, 0, 0, 0, 1, 2);

const since: fc.Arbitrary<SinceChoice> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ since: "now" } as const) },
  { weight: 3, arbitrary: fc.record({ since: fc.constant("other" as const), subscriber: small }) },
  { weight: 3, arbitrary: fc.record({ since: fc.constant("back" as const), by: fc.nat({ max: 30 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      since: fc.constant("foreign" as const),
      epoch: fc.constantFrom("epoch-0000", "epoch-0001", "zzz"),
      offset: fc.constantFrom(0, 3, 1_000),
    }),
  },
);

const modes: { [Name in Mode["mode"]]: fc.Arbitrary<Mode> } = {
  all: fc.constant({ mode: "all" }),
  last: fc.record({ mode: fc.constant("last" as const), count: fc.constantFrom(1, 2, 5, 20, 1_000) }),
  latest: fc.record({ mode: fc.constant("latest" as const), last: fc.constantFrom(undefined, 1, 5) }),
  load: fc.constant({ mode: "load" }),
};

/** Half of the subscribers have the mode that the scenarios are about. */
const modesAbout = (name: Mode["mode"]): fc.Arbitrary<Mode> =>
  fc.oneof(
    { weight: 4, arbitrary: modes[name] },
    ...Object.values(modes).map((arbitrary) => ({ weight: 1, arbitrary })),
  );

const of = <const Name extends string>(step: Name): fc.Arbitrary<Name> => fc.constant(step);

const stepsWith = (mode: fc.Arbitrary<Mode>): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({ step: of("publish"), topic, count: fc.integer({ min: 1, max: 12 }) }),
    },
    { weight: 4, arbitrary: fc.record({ step: of("wait"), ms: fc.nat({ max: 800 }) }) },
    { weight: 4, arbitrary: fc.record({ step: of("wait"), ms: fc.nat({ max: 20_000 }) }) },
    { weight: 1, arbitrary: fc.record({ step: of("wait"), ms: fc.nat({ max: 400_000 }) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        step: of("subscribe"),
        topic,
        since,
        leaveAfter: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined, freq: 8 }),
        mode,
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        step: of("client-publish"),
        topic,
        count: fc.integer({ min: 1, max: 4 }),
        abortAfterMs: fc.oneof(
          { weight: 6, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.nat({ max: 2_000 }) },
        ),
      }),
    },
    { weight: 2, arbitrary: fc.record({ step: of("unsubscribe"), subscriber: small }) },
    {
      weight: 2,
      arbitrary: fc.record({ step: of("drop"), code: fc.constantFrom(1000, 1001, 1006, 1011, 4000) }),
    },
    { weight: 1, arbitrary: fc.record({ step: of("half-open") }) },
    { weight: 1, arbitrary: fc.record({ step: of("offline"), ms: fc.nat({ max: 60_000 }) }) },
    { weight: 1, arbitrary: fc.record({ step: of("forget-row") }) },
    { weight: 1, arbitrary: fc.record({ step: of("trim"), topic, count: fc.integer({ min: 1, max: 20 }) }) },
    { weight: 1, arbitrary: fc.record({ step: of("expire"), topic }) },
    { weight: 1, arbitrary: fc.record({ step: of("wake") }) },
    { weight: 1, arbitrary: fc.record({ step: of("reconnect") }) },
    { weight: 1, arbitrary: fc.record({ step: of("close") }) },
  );

/** Each kind of fault is off in half of the runs: faults that always occur together hide one another. */
const chance = (max: number): fc.Arbitrary<number> =>
  fc.option(fc.double({ min: 0, max, noNaN: true }), { nil: 0, freq: 2 });
const delay = (...longest: number[]): fc.Arbitrary<number> => fc.constantFrom(...longest);

const faults: fc.Arbitrary<Faults> = fc.record({
  lostPost: chance(0.4),
  repeatedPost: chance(0.5),
  lostFanout: chance(0.5),
  repeatedFanout: chance(0.5),
  serverError: chance(0.4),
  swallowedFrame: chance(0.3),
  refusedConnect: chance(0.5),
  hangingConnect: chance(0.2),
  lostDisconnect: chance(1),
  forgedText: chance(0.5),
  postDelayMs: delay(5, 50, 400, 3_000),
  handlerDelayMs: delay(5, 100, 1_000, 15_000),
  fanoutDelayMs: delay(5, 100, 1_000, 30_000),
  indexLagMs: delay(0, 500, 3_000),
  fanoutNotQueued: chance(0.3),
  failedLoad: chance(0.5),
  staleLoad: chance(0.8),
  loadDelayMs: delay(0, 300, 40_000),
});

/** Returns scenarios, most of whose subscribers have this mode. */
export const scenariosAbout = (name: Mode["mode"]): fc.Arbitrary<Scenario> =>
  fc.record({
    seed: fc.integer(),
    first: modes[name],
    steps: fc.array(stepsWith(modesAbout(name)), { minLength: 5, maxLength: 60, size: "max" }),
    faults,
    maxReplay: fc.constantFrom(3, 20, 500),
    knowsEpochEnds: fc.boolean(),
    heartbeatMs: fc.constantFrom(5_000, 20_000, 60_000),
    heartbeatMaxMs: fc.constantFrom(20_000, 60_000, 240_000),
    maxConnectionAgeMs: fc.constantFrom(20_000, 60_000, 300_000, 1_200_000),
    cutShare: fc.constantFrom(0.7, 1.1, 1.5),
    idleTimeoutMs: fc.constantFrom(0, 1_000, 30_000),
    asyncUrl: fc.boolean(),
  });
