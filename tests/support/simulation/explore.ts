import { type Act, type Action, createWorld, isWrite, type World } from "./publication-world.ts";

export interface Exploration {
  /** Brings the table into the state in which the publishers begin, and adds them. */
  begin(world: World): Promise<void>;
  /** How many calls may be lost, repeated or end their publisher, in one order of calls. */
  faults: number;
  /** Called in every state that the publishers can reach. */
  check(world: World): void;
  /** Called in every state in which all publishers have ended. May go on with the world. */
  end(world: World): Promise<void>;
}

/** Counts what was explored. */
export interface Explored {
  states: number;
  ends: number;
}

/**
 * Takes the calls of all publishers in every order, with every choice of faults. A state that was seen before is not
 * explored again: publishers do the same again if they have seen the same and the table is the same.
 */
export async function explore({ begin, faults, check, end }: Exploration): Promise<Explored> {
  const explored = { states: 0, ends: 0 };
  const seen = new Set<string>();
  const open: Action[][] = [[]];
  for (let path = open.pop(); path; path = open.pop()) {
    const world = createWorld();
    await begin(world);
    let faultsLeft = faults;
    const take = async (action: Action): Promise<void> => {
      if (action.act !== "go") faultsLeft -= 1;
      await world.take(action);
    };
    for (const action of path) await take(action);
    for (let walked = path; ; ) {
      check(world);
      const state = `${faultsLeft} ${stateOf(world)}`;
      if (seen.has(state)) break;
      seen.add(state);
      explored.states += 1;
      const [next, ...others] = actionsIn(world, faultsLeft);
      const isEnd = world.publishers.every(({ pending }) => pending === undefined);
      const left = isEnd && next ? [next, ...others] : others;
      open.push(...left.map((action) => [...walked, action]));
      if (isEnd) {
        explored.ends += 1;
        await end(world);
        break;
      }
      if (!next) throw new Error("a publisher waits for a call that cannot be made");
      await take(next);
      walked = [...walked, next];
    }
  }
  return explored;
}

function actionsIn({ publishers, late }: World, faultsLeft: number): Action[] {
  const actions: Action[] = [];
  publishers.forEach(({ pending }, of) => {
    if (!pending) return;
    const faulty: Act[] = isWrite(pending.command) ? ["lose", "crash", "repeat"] : ["lose", "crash"];
    for (const act of ["go" as const, ...(faultsLeft > 0 ? faulty : [])]) actions.push({ act, of });
  });
  late.forEach((_, of) => {
    actions.push({ act: "go", of, late: true });
  });
  return actions;
}

function stateOf({ dynamodb, publishers, late, acknowledged }: World): string {
  const items = dynamodb.items().map((item) => JSON.stringify(item));
  const calls = late.map(({ command }) => `${dynamodb.isDone(command)} ${withoutToken(command.input)}`);
  const running = publishers.map(({ state, seen, pending }) => {
    return [state, seen, pending && dynamodb.isDone(pending.command)];
  });
  return JSON.stringify([items.toSorted(), calls.toSorted(), running, acknowledged]);
}

const withoutToken = (input: object): string => JSON.stringify({ ...input, ClientRequestToken: undefined });
