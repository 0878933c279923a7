import { figure, table } from "../../support/markdown.ts";
import type { KeptRun } from "../kept-runs.ts";
import { type StackResult, sum } from "./result-kinds.ts";

type Results = readonly StackResult[];

interface Guarantee {
  promise: string;
  /** Paths in tests/. */
  proof: string;
  found(results: Results): string;
}

const violations =
  (...promises: string[]) =>
  (results: Results): number =>
    sum(results, ({ broken }) => sum(promises, (promise) => broken[promise] ?? 0));

const publications = (results: Results): string => figure(sum(results, (result) => result.publications));

const GUARANTEES: readonly Guarantee[] = [
  {
    promise:
      "Every accepted publication is in the log at the offset that its publisher got. Offsets are contiguous and follow the order of publishing",
    proof: "`chaos/check/check-log`",
    found: (results) =>
      `${violations("log", "order")(results)} violations in ${publications(results)} publications`,
  },
  {
    promise: "A publication that is retried with the same id is one event",
    proof: "`chaos/check/check-log`, `integration/idempotency`",
    found: (results) =>
      `${violations("idempotency")(results)} duplicated of ${publications(results)} publications`,
  },
  {
    promise: "A client gets each event once and in order, even if its connections fail",
    proof: "`chaos/check/check-clients`, `client/client-property`",
    found(results) {
      const deliveries = sum(results, (result) => result.deliveries - result.raw.deliveries);
      const { lost, duplicated, reordered } = {
        lost: sum(results, ({ clients }) => clients.lost),
        duplicated: sum(results, ({ clients }) => clients.duplicated),
        reordered: sum(results, ({ clients }) => clients.reordered),
      };
      return `${lost} lost, ${duplicated} duplicated, ${reordered} reordered of ${figure(deliveries)} deliveries`;
    },
  },
  {
    promise: "A raw subscriber gets each event at least once, or its abandonment is recorded",
    proof: "`chaos/check/check-raws`, `integration/fanout-at-scale`",
    found(results) {
      const deliveries = figure(sum(results, ({ raw }) => raw.deliveries));
      const abandoned = figure(sum(results, (result) => result.abandoned));
      return `${sum(results, ({ raw }) => raw.lost)} lost of ${deliveries} deliveries, ${abandoned} abandoned`;
    },
  },
  {
    promise:
      "It gets an event twice only if a response was lost, or if a worker was disturbed during that page",
    proof: "`chaos/check/check-raws`, `integration/worker-death`",
    found(results) {
      const duplicated = sum(results, ({ raw }) => raw.duplicated);
      const share = (100 * duplicated) / sum(results, ({ raw }) => raw.deliveries);
      return `${figure(duplicated)} duplicates (${figure(share, 2)} %), ${violations("raw")(results)} unexplained`;
    },
  },
  {
    promise: "Every abandoned delivery is recorded in the ledger and in a dead letter",
    proof: "`chaos/check/check-abandonments`, `integration/abandonment`",
    found: (results) =>
      `${violations("abandonment")(results)} recorded in only one, ${figure(sum(results, ({ deadLetters }) => deadLetters.deliveries))} dead letters`,
  },
  {
    promise: "A malformed message is kept as a dead letter",
    proof: "`chaos/run/run-suite`, `integration/malformed-input`",
    found: (results) =>
      `${violations("malformed")(results)} missing of ${figure(sum(results, ({ deadLetters }) => deadLetters.malformed))}`,
  },
  {
    promise: "After the last fault, queues become empty and clients catch up",
    proof: "`chaos/run/settle`",
    found: (results) =>
      `within ${figure(Math.max(0, ...results.map(({ settledSeconds }) => settledSeconds)), 0)} s in each of ${results.length} runs, ${violations("settling")(results)} exceptions`,
  },
  {
    promise: "Nothing leaks: subscriptions of gone connections, processes, sockets, memory",
    proof: "`chaos/run/leaks`",
    found: (results) => `${violations("leak")(results)} leaks`,
  },
];

/** Lists each promise, its proof, and what was found in all runs together. */
export function guarantees(runs: readonly KeptRun<StackResult>[]): string[] {
  const results = runs.map(({ result }) => result);
  const rows = GUARANTEES.map(({ promise, proof, found }) => [promise, proof, found(results)]);
  return [
    "## Guarantees",
    "",
    "Paths are in `tests/`. A raw subscriber is a subscriber of the `data` format.",
    "",
    ...table(["promise", "proof", "found"], rows, 3),
  ];
}
