import type { LocalStack } from "lambda-websocket-pubsub-local";
import { setEnvironment } from "../demo/stack.ts";
import type { Benchmark, BenchmarkResult, BenchmarkRun } from "./benchmark.ts";
import { measureIdle } from "./idle/measure.ts";
import { connectionMinuteDollars, type IdleRow, toIdleRow } from "./idle/rows.ts";
import { simulateClient } from "./idle/simulate-client.ts";
import { MONTH_MINUTES } from "./support/month.ts";
import { GATEWAY_MS, onLocalStack } from "./support/on-local-stack.ts";
import { textTable } from "./support/text-table.ts";

const TOPICS = [1, 10, 100];
const DAY_HOURS = 24;

/** Measures what a connection costs to which nothing is published. */
export const idle: Benchmark = {
  name: "idle",
  summary: "units and dollars of a quiet connection with 1, 10 and 100 topics, beside AppSync Events",
  flags: {
    "gateway-ms": GATEWAY_MS,
    "max-topics": { default: 100, min: 1, max: 100, help: "skip connections with more topics than this" },
  },
  rounds: 3,
  run: (given) => onLocalStack(given, (stack) => measure(stack, given)),
};

async function measure(
  stack: LocalStack,
  { flags, rounds, progress }: BenchmarkRun,
): Promise<BenchmarkResult> {
  setEnvironment(stack);
  const rows: IdleRow[] = [];
  let events = 0;
  for (const topics of TOPICS.filter((count) => count <= (flags["max-topics"] ?? 0))) {
    progress(`${topics} topics: a day of the client`);
    const day = await simulateClient({ topics, hours: DAY_HOURS, eventsPerMinute: 0 });
    progress(`${topics} topics: PINGs`);
    const measured = await measureIdle(stack, topics, rounds);
    events += measured.events;
    rows.push(toIdleRow(measured, day));
  }
  const minutes = connectionMinuteDollars(MONTH_MINUTES);
  return {
    json: { idle: { rows, connectionMinuteDollarsPerMonth: minutes } },
    lines: [
      `a connection that is open all month and gets no event; medians over ${rounds} rounds`,
      `its connection minutes: $${minutes.apiGateway.toFixed(4)} at API Gateway, $${minutes.appSync.toFixed(4)} at AppSync Events`,
      "",
      ...textTable([HEAD, ...rows.map(toCells)]),
    ],
    checks: [
      { what: `no event is sent to a client that misses none (sent: ${events})`, holds: events === 0 },
    ],
  };
}

const HEAD = [
  "topics",
  "read units",
  "warm",
  "write units",
  "ms",
  "PINGs a month",
  "bare",
  "$ a month",
  "reconnects",
  "$ a month",
];

const toCells = (row: IdleRow): string[] => [
  String(row.topics),
  String(row.pingReadUnits),
  String(row.warmPingReadUnits),
  String(row.pingWriteUnits),
  String(row.pingMs),
  String(row.pingsPerMonth.named),
  String(row.pingsPerMonth.bare),
  row.dollarsPerConnectionMonth.toFixed(4),
  String(row.reconnectsPerMonth),
  row.reconnectDollarsPerConnectionMonth.toFixed(4),
];
