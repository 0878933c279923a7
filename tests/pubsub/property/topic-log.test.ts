/** Tests epochs: processes with different clocks publish and subscribe to a topic whose events keep expiring. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { currentPosition } from "../../../packages/pubsub/src/core/log/position.ts";
import { createSharedAppends } from "../../../packages/pubsub/src/core/log/shared-appends.ts";
import type { AppendRequest, Clock, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import type { Position } from "../../../packages/pubsub/src/core/types.ts";
import { createMemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createVirtualClock } from "../../../packages/pubsub/src/testing/virtual-clock.ts";
import { numberOfRuns } from "../../support/number-of-runs.ts";
import { collect } from "../../support/samples.ts";
import { createDoor } from "../../support/simulation/door.ts";
import { isBehind } from "../../support/simulation/records.ts";

const TOPIC = "topic";
const RETENTION_SECONDS = 100;
/** The guard is a tenth of the retention; this skew is within it. */
const SKEW_MS_MAX = 4_000;

interface Scenario {
  seed: number;
  processes: number;
  actions: number;
  /** How many calls to the log fail or lose their response. */
  errors: number;
}

interface Seen {
  what: "published" | "read";
  beganStep: number;
  endedStep: number;
  position: Position;
}

interface Outcome {
  /** Every event that was ever written, including expired and deleted events. */
  written: Position[];
  seen: Seen[];
}

async function simulate({ seed, processes, actions, errors }: Scenario): Promise<Outcome> {
  const clock = createVirtualClock({ seed, startMs: 1_700_000_000_000 });
  const memory = createMemoryTopicLog(clock);
  const outcome: Outcome = { written: [], seen: [] };
  let steps = 0;
  let errorsLeft = errors;
  const fate = (): "fine" | "error" => {
    if (errorsLeft === 0 || clock.random() > 0.15) return "fine";
    errorsLeft -= 1;
    return "error";
  };
  const door = createDoor({ clock, isAlive: () => true, fate, crash: () => {} });

  async function append(request: AppendRequest): ReturnType<TopicLog["append"]> {
    const result = await memory.append(request);
    if (result.outcome !== "appended") return result;
    request.events.forEach((_, index) => {
      outcome.written.push({ epoch: request.epoch, offset: request.offset + index });
    });
    return result;
  }
  const log: TopicLog = {
    tail: (topicId) => door(() => memory.tail(topicId)),
    append: (request) => door(() => append(request)),
    openEpoch: (request) => door(() => memory.openEpoch(request)),
    newest: (request) => door(() => memory.newest(request)),
    async *read(request) {
      yield* await door(() => collect(memory.read(request)));
    },
  };

  async function runProcess(): Promise<void> {
    const skewMs = Math.round((clock.random() * 2 - 1) * SKEW_MS_MAX);
    const skewed: Clock = { ...clock, now: () => clock.now() + skewMs };
    const context = { log, clock: skewed, retentionSeconds: RETENTION_SECONDS };
    const appends = createSharedAppends(context);
    const see = async (what: Seen["what"], act: () => Promise<Position>): Promise<void> => {
      const beganStep = ++steps;
      try {
        const { epoch, offset } = await act();
        outcome.seen.push({ what, beganStep, endedStep: ++steps, position: { epoch, offset } });
      } catch (error) {
        expect(String(error)).toContain("an injected fault");
      }
    };
    const publish = async (): Promise<Position> => {
      const draft = { publishedAt: skewed.now(), json: "1", verbatim: false, idempotent: false };
      return (await appends.append(TOPIC, { ...draft, publicationId: `${++steps}` })).appended;
    };
    for (let n = 0; n < actions; n++) {
      await clock.sleep(pauseMs(clock.random));
      if (clock.random() < 0.2) memory.sweep();
      const readOnly = clock.random() < 0.4;
      if (readOnly)
        await see("read", () =>
          currentPosition({ log, clock: skewed }, TOPIC, { retentionSeconds: RETENTION_SECONDS }),
        );
      else await Promise.all([see("published", publish), see("published", publish)]);
    }
  }

  await clock.run(Promise.all(Array.from({ length: processes }, runProcess)));
  return outcome;
}

/** Mostly 0; often about the lifetime of an event, and exactly until an epoch ends by the clock of one process. */
function pauseMs(random: () => number): number {
  if (random() < 0.6) return random() * 200;
  const share = random() < 0.5 ? 0.85 + random() * 0.3 : 0.9 + (random() - 0.5) * 0.02;
  return RETENTION_SECONDS * 1_000 * share;
}

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(),
  processes: fc.integer({ min: 1, max: 5 }),
  actions: fc.integer({ min: 1, max: 10 }),
  errors: fc.integer({ min: 0, max: 15 }),
});

it("writes no offset twice and leaves no gap in any epoch, however often the events expire", async () => {
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    const { written } = await simulate(scenario);
    const epochs = new Map<string, number[]>();
    for (const { epoch, offset } of written) epochs.set(epoch, [...(epochs.get(epoch) ?? []), offset]);
    for (const offsets of epochs.values()) expect(offsets).toEqual(offsets.map((_, index) => index + 1));
  });
  await fc.assert(property, { numRuns: numberOfRuns(2_000) });
});

it("assigns a position after every publication that ended earlier and before every publication that starts later", async () => {
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    const { seen } = await simulate(scenario);
    for (const earlier of seen) {
      for (const later of seen) {
        if (earlier.endedStep >= later.beganStep) continue;
        const order = `${later.what} after ${earlier.what}`;
        const behind = isBehind(later.position, earlier.position);
        const same = !behind && !isBehind(earlier.position, later.position);
        expect(later.what === "published" ? behind : behind || same, order).toBe(true);
      }
    }
  });
  await fc.assert(property, { numRuns: numberOfRuns(2_000) });
});
