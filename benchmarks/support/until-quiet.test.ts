import type { LocalStack, LocalStats, Usage } from "lambda-websocket-pubsub-local";
import { expect, it } from "vitest";
import { untilQuiet } from "./until-quiet.ts";

interface Work {
  functions: number;
  batches: number;
  connections: number;
  writeUnits: number;
}

/** What `untilQuiet` looks at. `onReading` is called before each of its readings, with their number. */
function stackWith(work: Work, onReading: (count: number) => void): Pick<LocalStack, "usage" | "stats"> {
  let readings = 0;
  const usage = (): Usage => ({
    apiGateway: { messages: 0, connectionMinutes: readings, bytesOut: 0 },
    sqs: { requests: 0, emptyReceives: 0 },
    dynamodb: { writeUnits: work.writeUnits, readUnits: 0 },
    lambda: { requests: 0, gbSeconds: 0 },
    logs: { bytes: 0 },
  });
  const stats = (): LocalStats => {
    onReading(++readings);
    return {
      gateway: { connections: work.connections },
      websocket: { inFlight: work.functions },
      fanout: { inFlight: 0 },
      queue: { inFlight: work.batches },
    } as LocalStats;
  };
  return { usage, stats };
}

const WORKS_UNTIL = 20;

it.each<[string, Partial<Work>, (work: Work) => void]>([
  ["a function that starts or works while nothing is metered", { functions: 1 }, (work) => work.functions--],
  ["a batch of the queue while nothing is metered", { batches: 1 }, (work) => work.batches--],
])("waits for %s", async (_, begun, end) => {
  const work = { functions: 0, batches: 0, connections: 5, writeUnits: 7, ...begun };
  let readings = 0;
  const stack = stackWith(work, (count) => {
    readings = count;
    if (count === WORKS_UNTIL) end(work);
  });
  expect((await untilQuiet(stack, 1)).dynamodb).toEqual({ writeUnits: 7, readUnits: 0 });
  expect(readings).toBe(WORKS_UNTIL);
});

it.each(["writeUnits", "connections"] as const)("waits until the %s stop changing", async (changing) => {
  const work = { functions: 0, batches: 0, connections: 100, writeUnits: 100 };
  let readings = 0;
  const stack = stackWith(work, (count) => {
    readings = count;
    if (count <= WORKS_UNTIL) work[changing] -= 1;
  });
  await untilQuiet(stack, 1);
  expect(readings).toBe(WORKS_UNTIL + 1);
});
