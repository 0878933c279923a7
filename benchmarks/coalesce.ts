import { startDynamodb } from "lambda-websocket-pubsub-local";
import { createTeardown } from "../packages/local/src/teardown.ts";
import type { Benchmark, BenchmarkResult, BenchmarkRun } from "./benchmark.ts";
import { measureRate } from "./coalesce/measure-rate.ts";
import { type RateRounds, WAY_NAMES, WAYS, type Way } from "./coalesce/rate-rounds.ts";
import { type Side, startSide } from "./coalesce/side.ts";
import { summarize } from "./coalesce/summarize.ts";

const RATES = [10, 50, 100, 200, 400] as const;
const HEADLINE_RATE = 200;
const WARM_UP = { publishesPerSecond: 20, seconds: 1 };

/** Measures how events that come close together share posts, queue messages and reads of the index. */
export const coalesce: Benchmark = {
  name: "coalesce",
  summary: `events that come close together share posts: at ${RATES[0]} to ${RATES.at(-1)} publishes per second`,
  flags: {
    subscribers: { default: 200, min: 2, max: 2_000, help: "real WebSocket clients, half of each format" },
    seconds: { default: 5, min: 1, max: 60, help: "seconds per rate" },
  },
  rounds: 1,
  async run(given) {
    const { subscribers = 0 } = given.flags;
    const teardown = createTeardown();
    try {
      given.progress(`starting two local stacks with ${subscribers} listeners each`);
      const dynamodb = await startDynamodb();
      teardown.defer("DynamoDB Local", () => dynamodb.stop());
      const shared = { dynamodbEndpoint: dynamodb.endpoint, subscribers };
      const coalescing = await startSide({ ...shared, tableName: "coalescing" });
      teardown.defer("coalescing", () => coalescing.stop());
      const oneByOne = await startSide({ ...shared, tableName: "one-by-one", batchSize: 1 });
      teardown.defer("one by one", () => oneByOne.stop());
      return await measure(given, { coalescing, oneByOne });
    } finally {
      await teardown.run();
    }
  },
};

async function measure(given: BenchmarkRun, sides: Record<Way, Side>): Promise<BenchmarkResult> {
  const { subscribers = 0, seconds = 0 } = given.flags;
  let run = 0;
  for (const way of WAYS) await measureRate(sides[way], { ...WARM_UP, run: run++, subscribers });
  const rates = RATES.map(
    (publishesPerSecond): RateRounds => ({ publishesPerSecond, coalescing: [], oneByOne: [] }),
  );
  for (let round = 1; round <= given.rounds; round++) {
    for (const rate of rates) {
      // The order alternates, so that neither variant always runs after the other one
      for (const way of round % 2 === 1 ? WAYS : WAYS.toReversed()) {
        const { publishesPerSecond } = rate;
        given.progress(
          `round ${round} of ${given.rounds}: ${publishesPerSecond} per second, ${WAY_NAMES[way]}`,
        );
        rate[way].push(
          await measureRate(sides[way], { run: run++, publishesPerSecond, seconds, subscribers }),
        );
      }
    }
  }
  return summarize(rates, { subscribers, seconds, rounds: given.rounds, headlineRate: HEADLINE_RATE });
}
