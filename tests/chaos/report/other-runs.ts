import { figure, table } from "../../support/markdown.ts";
import type { HostileReport } from "../hostile/run.ts";
import type { KeptRun } from "../kept-runs.ts";

interface ClientResult {
  runs: number;
  failed: number;
}

interface SocketsResult {
  deliveries: number;
  connections: number;
  faults: { lostPosts: number; cuts: number };
  clients: { lost: number; duplicated: number; reordered: number; gaps: number };
}

/** Lists the suites that inject no faults into the stack: hostile input, and the client alone. */
export function otherRuns(runs: readonly KeptRun[]): string[] {
  return [...hostile(runs), ...clients(runs)];
}

const pickResults = <Result>(
  runs: readonly KeptRun[],
  suite: string,
): { command: string; result: Result }[] =>
  runs.flatMap(({ command, result }) =>
    result.suite === suite ? [{ command, result: result as unknown as Result }] : [],
  );

function hostile(runs: readonly KeptRun[]): string[] {
  return pickResults<HostileReport>(runs, "hostile").flatMap(({ command, result }) => [
    "## Hostile input",
    "",
    `The command is \`${command}\`.`,
    "The inputs are valid structures with deliberate mistakes, and mutations of recorded traffic. A rejected input must cause",
    "one of our own errors and must not write anything. An input must be accepted if an independent implementation of the",
    "rules finds it valid.",
    "",
    ...table(
      ["surface", "inputs", "rejected", "accepted", "crashes", "rows written", "heap, MB"],
      result.surfaces.map((one) => [
        one.surface,
        figure(one.inputs),
        figure(one.refused),
        figure(one.accepted),
        figure(one.crashes),
        figure(one.rowsWritten),
        figure(one.heapGrowthMb, 1),
      ]),
    ),
  ]);
}

function clients(runs: readonly KeptRun[]): string[] {
  const simulated = pickResults<ClientResult>(runs, "client").map(({ command, result }) => {
    const outcome = `${figure(result.failed)} of ${figure(result.runs)} scenarios fail`;
    return [`\`${command}\``, "the client on a scripted network, under a virtual clock", outcome];
  });
  const real = pickResults<SocketsResult>(runs, "sockets").map(({ command, result }) => {
    const { deliveries, connections, faults, clients: found } = result;
    const lost = `${figure(faults.lostPosts)} posts lost silently, ${figure(faults.cuts)} frames cut the connection`;
    const outcome = `${figure(deliveries)} deliveries over ${figure(connections)} connections: ${found.lost} lost, ${found.duplicated} duplicated, ${found.reordered} reordered`;
    return [`\`${command}\``, lost, outcome];
  });
  const rows = [...simulated, ...real];
  if (rows.length === 0) return [];
  return ["## The client alone", "", ...table(["run", "faults", "outcome"], rows, 3)];
}
