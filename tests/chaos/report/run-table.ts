import { figure, table } from "../../support/markdown.ts";
import type { KeptRun } from "../kept-runs.ts";
import { type StackResult, sum } from "./result-kinds.ts";

const HEAD = [
  "suite, seed",
  "minutes",
  "faults",
  "deliveries",
  "lost",
  "duplicates",
  "reordered",
  "raw lost",
  "raw duplicates",
  "abandoned",
  "leaked",
  "memory, MB/min",
  "holds",
];

const LONG_SECONDS = 240;

/** Returns a table with a row for each run and a row with the sums. */
export function runTable(runs: readonly KeptRun<StackResult>[]): string[] {
  const results = runs.map(({ result }) => result);
  return [
    "## Runs",
    "",
    "_Lost_, _duplicates_ and _reordered_ are about clients. _Raw_ columns are about subscribers of the `data` format, which",
    "have no offsets for a repair. _Abandoned_ counts deliveries that both the ledger and a dead letter record. _Leaked_ counts",
    "subscriptions of gone connections, connections, processes and handles. _Memory_ is the steepest slope of any kind of",
    "process, over the second half of its longest-lived process, if that lived for at least four minutes. This command",
    "repeats a row: `npm run chaos -- --suite NAME --seed N --minutes M`. With _inline_ and a number, producers post to topics of",
    "at most so many subscribers themselves (`--inline-fanout-max`).",
    "",
    ...table(HEAD, [...results.map(row), total(results)]),
  ];
}

function row(result: StackResult): string[] {
  const { suite, seed, inlineFanoutMax = 0, seconds, clients, raw } = result;
  const inline = inlineFanoutMax > 0 ? `, inline ${inlineFanoutMax}` : "";
  const slopes = Object.values(result.mbPerMinute);
  return [
    `${suite}, ${seed}${inline}`,
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
    // Kept results of older versions have slopes of short runs, too
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
