import { figure, table } from "../../support/markdown.ts";
import type { KeptRun } from "../kept-runs.ts";
import { type StackResult, sum } from "./result-kinds.ts";

const HEAD = [
  "suite, seed",
  "minutes",
  "faults",
  "deliveries",
  "lost",
  "repeated",
  "reordered",
  "raw lost",
  "raw repeated",
  "abandoned",
  "leaked",
  "memory, MB/min",
  "holds",
];

const LONG_SECONDS = 240;

/** A row for each run, and their sum. */
export function runTable(runs: readonly KeptRun<StackResult>[]): string[] {
  const results = runs.map(({ result }) => result);
  return [
    "## Runs",
    "",
    "Lost, repeated and reordered are the clients'; raw are subscribers of the `data` format, who have no offsets to",
    "repair with. Abandoned deliveries are named by the ledger and by a dead letter both. Leaked: subscriptions of",
    "connections that are gone, connections, processes, handles. Memory: the steepest slope of any process kind, over",
    "the second half of its longest life, if that was four minutes. Any row again: `npm run chaos -- --suite NAME --seed N --minutes M`.",
    "",
    ...table(HEAD, [...results.map(row), total(results)]),
  ];
}

function row(result: StackResult): string[] {
  const { suite, seed, seconds, clients, raw } = result;
  const slopes = Object.values(result.mbPerMinute);
  return [
    `${suite}, ${seed}`,
    figure(seconds / 60, seconds % 60 === 0 ? 0 : 1),
    figure(result.faults),
    figure(result.deliveries),
    figure(clients.lost),
    figure(clients.duplicated),
    figure(clients.reordered),
    figure(raw.lost),
    `${figure(raw.duplicated)} (${share(raw)})`,
    figure(result.abandoned),
    figure(result.leaked),
    // Runs that were kept before memory was judged by long lives only
    seconds < LONG_SECONDS || slopes.length === 0 ? "–" : figure(Math.max(...slopes), 1),
    result.ok ? "yes" : "**no**",
  ];
}

function total(results: readonly StackResult[]): string[] {
  const raw = {
    duplicated: sum(results, (result) => result.raw.duplicated),
    deliveries: sum(results, (result) => result.raw.deliveries),
  };
  return [
    "all",
    figure(sum(results, ({ seconds }) => seconds) / 60),
    figure(sum(results, ({ faults }) => faults)),
    figure(sum(results, ({ deliveries }) => deliveries)),
    figure(sum(results, ({ clients }) => clients.lost)),
    figure(sum(results, ({ clients }) => clients.duplicated)),
    figure(sum(results, ({ clients }) => clients.reordered)),
    figure(sum(results, (result) => result.raw.lost)),
    `${figure(raw.duplicated)} (${share(raw)})`,
    figure(sum(results, ({ abandoned }) => abandoned)),
    figure(sum(results, ({ leaked }) => leaked)),
    "",
    results.every(({ ok }) => ok) ? "yes" : "**no**",
  ];
}

const share = ({ duplicated, deliveries }: { duplicated: number; deliveries: number }): string =>
  `${figure(deliveries === 0 ? 0 : (100 * duplicated) / deliveries, 2)} %`;
