/**
 * Idempotent publications without a transaction (docs/decisions/0032): every order of the calls of several publishers,
 * with calls that are lost, repeated, late, or the last ones of their publisher.
 */
import { describe, expect, it } from "vitest";
import { explore } from "../../support/simulation/explore.ts";
import {
  isWrite,
  type PublisherPlan,
  START_MS,
  type World,
} from "../../support/simulation/publication-world.ts";

const isIdempotent = (id: string): boolean => id === id.toUpperCase();

/** Never two events for one id, never an acknowledged one that does not exist, and one position for all. */
function check({ written, acknowledged }: World): void {
  const ids = written.map(({ id }) => id).filter(isIdempotent);
  expect(ids).toEqual([...new Set(ids)]);
  for (const { id, epoch, offset } of acknowledged)
    expect(written).toContainEqual(expect.objectContaining({ id, epoch, offset }));
  const firsts = acknowledged
    .filter(({ id, duplicate }) => isIdempotent(id) && !duplicate)
    .map(({ id }) => id);
  expect(firsts).toEqual([...new Set(firsts)]);
}

/** Neither a hole nor an offset that is used twice, in any epoch. */
function checkOffsets({ written }: World): void {
  for (const events of Map.groupBy(written, ({ epoch }) => epoch).values()) {
    const offsets = events.map(({ offset }) => offset);
    expect(offsets.toSorted((a, b) => a - b)).toEqual(offsets.map((_, index) => index + 1));
  }
}

/** Whoever publishes the same id now gets its only event, also if the calls that are still on their way arrive after it. */
async function end(world: World, checkAll: typeof check): Promise<void> {
  const ids = new Set(world.publishers.flatMap(({ plan }) => [...plan.ids]).filter(isIdempotent));
  for (const publisher of world.publishers) expect(publisher.state).not.toBe("running");
  for (const id of ids) {
    await world.publishAlone({ ids: id, retentionSeconds: 100 });
    const last = world.acknowledged.at(-1);
    expect(last).toMatchObject({ id });
  }
  checkAll(world);
  const before = world.written.length;
  while (world.late.length > 0) await world.take({ act: "go", of: 0, late: true });
  checkAll(world);
  const idempotent = world.written.slice(before).filter(({ id }) => isIdempotent(id));
  expect(idempotent).toEqual([]);
}

const afterOneEvent = async (world: World): Promise<void> => world.publishAlone({ ids: "z" });

/** Leaves X with an intent at offset 2. Its put of the event is still on its way. */
async function crashBetween(world: World, retentionSeconds: number): Promise<void> {
  await world.add({ ids: "X", retentionSeconds });
  const of = world.publishers.length - 1;
  const putsEvent = (): boolean => {
    const command = world.publishers[of]?.pending?.command;
    return command !== undefined && isWrite(command) && JSON.stringify(command.input).includes('"event#');
  };
  while (!putsEvent()) await world.take({ act: "go", of });
  await world.take({ act: "crash", of });
}

async function afterCrashBetween(world: World): Promise<void> {
  await afterOneEvent(world);
  await crashBetween(world, 86_400);
}

/** The intent's epoch is over: its only event expires in 5 s, or has expired and was deleted, with the epoch's record. */
const afterEndOfEpoch =
  (sweep: boolean) =>
  async (world: World): Promise<void> => {
    await world.publishAlone({ ids: "z", retentionSeconds: 100 });
    world.pass(50);
    await crashBetween(world, 100);
    world.pass(sweep ? 60 : 45, { sweep });
  };

/** The event that took the intent's offset has expired and was deleted. A later one with a longer retention exists. */
async function afterHole(world: World): Promise<void> {
  await world.publishAlone({ ids: "z", retentionSeconds: 100 });
  await crashBetween(world, 1_000);
  await world.publishAlone({ ids: "a", retentionSeconds: 100 });
  await world.publishAlone({ ids: "b", retentionSeconds: 1_000 });
  world.pass(150, { sweep: true });
}

/** One more takes minutes (docs/decisions/0032). */
const MORE_FAULTS = Number(process.env.MORE_FAULTS ?? 0);

interface Case {
  name: string;
  begin?: (world: World) => Promise<void>;
  plans: PublisherPlan[];
  faults: number;
  /** The call that is on its way is older than the retention of the event before it, whose offset it may use again. */
  isLate?: boolean;
}

const short = (ids: string): PublisherPlan => ({ ids, retentionSeconds: 100 });

const epoch = START_MS.toString(36).padStart(9, "0");
const staleHint = { epoch, offset: 0, expiresAtSeconds: START_MS / 1_000 + 86_400, bytesSoFar: 0 };

const cases: Case[] = [
  { name: "two publishers of one id", plans: [{ ids: "X", retries: 1 }, { ids: "X" }], faults: 1 },
  { name: "two publishers of different ids", plans: [{ ids: "X", retries: 1 }, { ids: "Y" }], faults: 1 },
  { name: "two of one id and one without", plans: [{ ids: "X" }, { ids: "X" }, { ids: "a" }], faults: 0 },
  { name: "one with an id and one without", plans: [{ ids: "X", retries: 1 }, { ids: "a" }], faults: 1 },
  { name: "one with an id and two without", plans: [{ ids: "X" }, { ids: "a" }, { ids: "b" }], faults: 1 },
  { name: "a group and one of its ids", plans: [{ ids: "XYa" }, { ids: "X", retries: 1 }], faults: 1 },
  { name: "two groups with ids in common", plans: [{ ids: "XY" }, { ids: "Xa" }], faults: 1 },
  {
    name: "a publisher that does not know the end of the log",
    plans: [{ ids: "X", hint: staleHint }, { ids: "X" }],
    faults: 1,
  },
  {
    name: "a publisher with another retention",
    plans: [{ ids: "X", retentionSeconds: 3_600 }, { ids: "X" }],
    faults: 1,
  },
  { name: "an empty log", begin: async () => {}, plans: [{ ids: "X" }, { ids: "X" }], faults: 1 },
  {
    name: "an intent without an event",
    begin: afterCrashBetween,
    plans: [{ ids: "X" }, { ids: "X" }],
    faults: 1,
  },
  {
    name: "an intent whose offset others want",
    begin: afterCrashBetween,
    plans: [{ ids: "X" }, { ids: "a" }],
    faults: 1,
  },
  {
    name: "an intent that a group meets",
    begin: afterCrashBetween,
    plans: [{ ids: "aX" }, { ids: "X" }],
    faults: 0,
  },
  ...[false, true].flatMap((sweep): Case[] => {
    const begin = afterEndOfEpoch(sweep);
    const name = `an intent of an epoch that has ended, its event ${sweep ? "deleted" : "about to expire"}`;
    return [
      { name: `${name}, and two of its id`, begin, plans: [short("X"), short("X")], faults: 0 },
      { name: `${name}, and one without`, begin, plans: [short("X"), short("a")], faults: 0 },
      { name: `${name}, and a group`, begin, plans: [short("aX"), short("X")], faults: 0 },
    ];
  }),
  {
    name: "an intent in a hole",
    begin: afterHole,
    plans: [{ ids: "X" }, { ids: "X" }],
    faults: 0,
    isLate: true,
  },
  {
    name: "an intent in a hole and a group",
    begin: afterHole,
    plans: [{ ids: "aX" }, { ids: "X" }],
    faults: 0,
    isLate: true,
  },
];

describe("in every order of calls", () => {
  it.each(cases)(
    "writes one event for each id: $name",
    async (each) => {
      const { begin = afterOneEvent, plans, isLate = false } = each;
      const faults = each.faults + MORE_FAULTS;
      const checkAll = (world: World): void => {
        check(world);
        if (!isLate) checkOffsets(world);
      };
      const explored = await explore({
        faults,
        check: checkAll,
        end: (world) => end(world, checkAll),
        async begin(world) {
          await begin(world);
          for (const plan of plans) await world.add(plan);
        },
      });
      console.log(`${explored.states} states, ${explored.ends} ends`);
      expect(explored.ends).toBeGreaterThan(1);
    },
    900_000,
  );
});
