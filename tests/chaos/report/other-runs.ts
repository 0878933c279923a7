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

/** The suites that do not fail the stack: hostile input, and the client alone. */
export function otherRuns(runs: readonly KeptRun[]): string[] {
  return [...hostile(runs), ...clients(runs)];
}

const resultsOf = <Result>(runs: readonly KeptRun[], suite: string): { command: string; result: Result }[] =>
  runs.flatMap(({ command, result }) =>
    result.suite === suite ? [{ command, result: result as unknown as Result }] : [],
  );

function hostile(runs: readonly KeptRun[]): string[] {
  return resultsOf<HostileReport>(runs, "hostile").flatMap(({ command, result }) => [
    "## Hostile input",
    "",
    `\`${command}\`. Inputs are built from the shapes that are expected, with something wrong in them, and mutated from`,
    "recorded traffic. Refused ones must come out as our own errors and leave nothing behind; what an independent reading",
    "of the rules holds valid is accepted.",
    "",
    ...table(
      ["surface", "inputs", "refused", "accepted", "crashes", "rows written", "heap, MB"],
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
  const simulated = resultsOf<ClientResult>(runs, "client").map(({ command, result }) => {
    const outcome = `${figure(result.failed)} of ${figure(result.runs)} scenarios fail`;
    return [`\`${command}\``, "the client on a scripted network, under a virtual clock", outcome];
  });
  const real = resultsOf<SocketsResult>(runs, "sockets").map(({ command, result }) => {
    const { deliveries, connections, faults, clients: found } = result;
    const lost = `${figure(faults.lostPosts)} posts lost in silence, ${figure(faults.cuts)} frames cut the connection`;
    const outcome = `${figure(deliveries)} deliveries over ${figure(connections)} connections: ${found.lost} lost, ${found.duplicated} repeated, ${found.reordered} reordered`;
    return [`\`${command}\``, lost, outcome];
  });
  const rows = [...simulated, ...real];
  if (rows.length === 0) return [];
  return ["## The client alone", "", ...table(["run", "what goes wrong", "outcome"], rows, 3)];
}
