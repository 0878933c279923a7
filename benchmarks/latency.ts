import { randomUUID } from "node:crypto";
import type { Benchmark, BenchmarkResult, BenchmarkRun } from "./benchmark.ts";
import { type Audience, measureWay } from "./latency/measure-way.ts";
import { WAYS } from "./latency/orders.ts";
import { type LatencyProcesses, startLatencyProcesses } from "./latency/processes.ts";
import { emptyRounds, latencyTable, type RoundsByWay, summarizeRounds } from "./latency/summary.ts";
import { GATEWAY_MS, onLocalStack } from "./support/on-local-stack.ts";

/**
 * Messages of each way before the measurement. Functions start, connections open, and what the publisher, the stack and
 * DynamoDB Local's JVM run for one message is compiled, which takes hundreds of messages.
 */
const WARM_UP_PUBLISHES = { one: 200, thousand: 3 } as const;

/** Measures the time from the call of publish to the frame at the client, without other load. */
export const latency: Benchmark = {
  name: "latency",
  summary: "publish to received: through the queue, inline, in process, and by hand with the SDK",
  flags: {
    "gateway-ms": GATEWAY_MS,
    subscribers: {
      default: 1_000,
      min: 2,
      max: 5_000,
      help: "size of the larger audience; the other has one subscriber",
    },
    publishes: { default: 30, min: 1, max: 10_000, help: "messages per round to one subscriber" },
    "publishes-many": { default: 10, min: 1, max: 10_000, help: "messages per round to the larger audience" },
  },
  rounds: 3,
  run: (given) =>
    onLocalStack(given, async (stack) => {
      const processes = await startLatencyProcesses(stack.env);
      try {
        return await measure(given, stack.websocketUrl, processes);
      } finally {
        await processes.stop();
      }
    }),
};

async function measure(
  given: BenchmarkRun,
  websocketUrl: string,
  processes: LatencyProcesses,
): Promise<BenchmarkResult> {
  const {
    "gateway-ms": gatewayLatencyMs = 0,
    subscribers = 0,
    publishes = 0,
    "publishes-many": many = 0,
  } = given.flags;
  const audiences: Record<"one" | "thousand", Audience> = {
    one: { topicId: `one-${randomUUID()}`, count: 1, publishes },
    thousand: { topicId: `many-${randomUUID()}`, count: subscribers, publishes: many },
  };
  given.progress(`connecting ${subscribers + 1} clients`);
  let lost = 0;
  for (const name of ["one", "thousand"] as const) {
    const { topicId, count } = audiences[name];
    const audience = { topicId, count, publishes: WARM_UP_PUBLISHES[name] };
    await processes.subscribers.ask({ do: "connect", websocketUrl, topicId, count });
    for (const way of WAYS) {
      lost += (await measureWay(processes, way, audience, { pauseMs: 0 })).lost;
    }
  }

  const rounds: Record<"one" | "thousand", RoundsByWay> = { one: emptyRounds(), thousand: emptyRounds() };
  for (let round = 1; round <= given.rounds; round++) {
    for (const name of ["one", "thousand"] as const) {
      for (const way of WAYS) {
        given.progress(`round ${round} of ${given.rounds}: ${way} to ${audiences[name].count}`);
        const measured = await measureWay(processes, way, audiences[name]);
        lost += measured.lost;
        rounds[name][way].push(measured.latenciesMs);
      }
    }
  }
  const { duplicates } = await processes.subscribers.ask({ do: "duplicates" });
  const one = summarizeRounds(rounds.one);
  const thousand = summarizeRounds(rounds.thousand);
  return {
    json: { latency: { gatewayLatencyMs, subscribers, one, thousand, lost, duplicates } },
    lines: [
      `ms from the call of publish to the frame at the client; the gateway responds to a post after ${gatewayLatencyMs} ms`,
      'subscribers of the format "event", as this package\'s client subscribes',
      "SDK, by hand: puts an item, queries the index and posts to whom it finds: the least that stores a message first",
      "SDK, posts alone: the connections are known, and nothing is stored; median (min–max) over the rounds",
      "",
      ...latencyTable("1 subscriber", one),
      "",
      ...latencyTable(`${subscribers} subscribers`, thousand),
    ],
    checks: [
      { what: `no delivery is lost (lost: ${lost})`, holds: lost === 0 },
      { what: `no delivery is duplicated (duplicates: ${duplicates})`, holds: duplicates === 0 },
    ],
  };
}
