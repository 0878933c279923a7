/** Who the members are shown, under a virtual clock: random comings and goings, an index that lags, workers that die. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { numberOfRuns } from "../../support/number-of-runs.ts";
import {
  type PresenceFaults,
  type PresenceSimulation,
  simulatePresence,
} from "../../support/simulation/presence-world.ts";

const USERS = ["ada", "ben", "cid", "dan", "eve", "fay"];

const faults: fc.Arbitrary<PresenceFaults> = fc.record({
  lagMs: fc.integer({ min: 0, max: 1_800 }),
  deaths: fc.constantFrom(0, 0, 0.005, 0.02),
  duplicates: fc.constantFrom(0, 0.5),
  lateMs: fc.constantFrom(0, 500, 2_000),
});

const seconds = (simulation: PresenceSimulation, count: number): Promise<void> =>
  simulation.clock.sleep(count * 1_000);

const trueUsers = ({ tabs }: PresenceSimulation): string[] =>
  [...new Set([...tabs].map(({ userId }) => userId))].sort();

/** How often each user came or went, as the events show it. */
function changesOf(simulation: PresenceSimulation): Map<string, { joins: number; leaves: number }> {
  const changes = new Map<string, { joins: number; leaves: number }>();
  let before = new Set<string>();
  for (const { list = [] } of simulation.history()) {
    const now = new Set(list.map(({ userId }) => userId));
    for (const userId of new Set([...before, ...now])) {
      const change = changes.get(userId) ?? { joins: 0, leaves: 0 };
      if (!before.has(userId)) change.joins += 1;
      if (!now.has(userId)) change.leaves += 1;
      changes.set(userId, change);
    }
    before = now;
  }
  return changes;
}

async function run(
  seed: number,
  injected: PresenceFaults,
  story: (simulation: PresenceSimulation) => Promise<void>,
): Promise<void> {
  const simulation = simulatePresence(seed, injected);
  await simulation.clock.run(
    (async () => {
      await story(simulation);
      await simulation.stop();
    })(),
  );
}

it("shows every member the true set within ten seconds after the grace of the last leave", async () => {
  const property = fc.asyncProperty(fc.integer(), faults, async (seed, injected) => {
    await run(seed, injected, async (simulation) => {
      const { clock, open, tabs } = simulation;
      const pick = <Item>(items: readonly Item[]): Item | undefined =>
        items[Math.floor(clock.random() * items.length)];
      let isLost = false;
      for (let step = 0; step < 25; step++) {
        const tab = pick([...tabs]);
        const chance = clock.random();
        if (!tab || chance < 0.5) await open(pick(USERS) ?? "ada");
        else if (chance < 0.7) await tab.leave("UNSUBSCRIBE");
        else if (chance < 0.9) await tab.leave("$disconnect");
        else {
          await tab.leave("lost");
          isLost = true;
        }
        await clock.sleep(clock.random() * 3_000);
      }
      // A lost connection is found by the next post that comes when it is no longer young, and not by one whose worker dies
      // before it has removed what it found: then by the one after it
      if (isLost) {
        await seconds(simulation, 32);
        simulation.spareWorkers();
        await open("zoe");
        await seconds(simulation, 10);
      }
      // A worker that dies is replaced when its message becomes visible again
      const extra = injected.deaths > 0 ? 12 : 0;
      await seconds(simulation, 20 + extra);
      const expected = trueUsers(simulation);
      for (const tab of tabs)
        expect(tab.shown(), `${tab.consumer.connectionId}, seed ${seed}`).toEqual(expected);
    });
  });
  await fc.assert(property, { numRuns: numberOfRuns(100) });
});

it("shows no leave for a reload within ten seconds and no join for a second tab", async () => {
  const property = fc.asyncProperty(fc.integer(), faults, async (seed, injected) => {
    await run(seed, { ...injected, deaths: 0 }, async (simulation) => {
      const { clock, open } = simulation;
      await open("ada");
      let tab = await open("ben");
      await seconds(simulation, 30);
      const before = simulation.history().length;
      for (let reload = 0; reload < 5; reload++) {
        await tab.leave(clock.random() < 0.5 ? "UNSUBSCRIBE" : "$disconnect");
        await clock.sleep(clock.random() * 7_000);
        tab = await open("ben");
        if (clock.random() < 0.5) await open("ada");
        await clock.sleep(clock.random() * 20_000);
      }
      await seconds(simulation, 60);
      expect(simulation.history().slice(before), `seed ${seed}`).toEqual([]);
    });
  });
  await fc.assert(property, { numRuns: numberOfRuns(60) });
});

it.each([1, 2, 3])(
  "shows at most one leave and one join of each user in a storm of 1,000 reconnects, seed %d",
  async (seed) => {
    const injected = { lagMs: 2_000, deaths: 0.002, duplicates: 0.2, lateMs: 500 };
    await run(seed, injected, async (simulation) => {
      const { clock, open, tabs, counts } = simulation;
      const users = Array.from({ length: 50 }, (_, n) => `user-${n}`);
      for (const userId of users) for (let tab = 0; tab < 20; tab++) await open(userId);
      await seconds(simulation, 40);
      const storm = simulation.history().length;
      const before = { ...counts };
      await Promise.all(
        [...tabs].map(async (tab) => {
          await clock.sleep(clock.random() * 5_000);
          await tab.leave("$disconnect");
          await clock.sleep(1_000 + clock.random() * 14_000);
          await open(tab.userId);
        }),
      );
      await seconds(simulation, 60);
      for (const [userId, { joins, leaves }] of changesOf(simulation)) {
        expect(joins, userId).toBeLessThanOrEqual(2);
        expect(leaves, userId).toBeLessThanOrEqual(1);
      }
      const ticks = counts.ticks - before.ticks;
      expect(counts.posts - before.posts).toBeLessThanOrEqual(2 * ticks * 1_000);
      expect(simulation.history().length - storm).toBeLessThanOrEqual(ticks);
      expect(ticks).toBeLessThan(120);
      for (const tab of tabs) expect(tab.shown()).toEqual(users.toSorted());
    });
  },
);
