import type { KeptRun } from "../kept-runs.ts";
import { breakageTable } from "./breakage-table.ts";
import { faultTable } from "./fault-table.ts";
import { guarantees } from "./guarantees.ts";
import { otherRuns } from "./other-runs.ts";
import { stackRuns } from "./result-kinds.ts";
import { runTable } from "./run-table.ts";

/** The whole document. Verdicts and sums are computed from the results, so that none can be written by hand. */
export function reliability(runs: readonly KeptRun[]): string {
  const whole = stackRuns(runs).filter(({ result }) => result.breakage === undefined);
  const broken = stackRuns(runs).filter(({ result }) => result.breakage !== undefined);
  return `${[
    ...introduction(runs),
    ...guarantees(whole),
    ...runTable(whole),
    ...faultTable(whole),
    ...breakageTable(broken),
    ...otherRuns(runs),
    ...misreadings,
  ].join("\n")}\n`;
}

function introduction(runs: readonly KeptRun[]): string[] {
  const days = [...new Set(runs.map(({ at }) => at.slice(0, 10)))].sort();
  const commits = [...new Set(runs.flatMap(({ commit }) => (commit === null ? [] : [`\`${commit}\``])))];
  const [machine] = runs.map((run) => run.machine);
  return [
    "# Reliability",
    "",
    "<!-- Written by `npm run chaos -- --report` from the results that `npm run chaos` keeps in reports/chaos. -->",
    "",
    `Run on ${days.join(" and ")}, commit ${commits.join(", ")}, on ${machine?.cpu} with ${machine?.cores} cores, Node ${machine?.node}.`,
    "",
    "Producers publish, subscribers listen, and everything between them fails: to a plan that a seed decides. All of it",
    "is written down, every publish, post, frame, fault and death of a process, and the history is then checked against",
    "what [the semantics](delivery-semantics.md) promise, as Jepsen does it. The code under test is what is deployed, in",
    "processes that are really killed; WebSockets and signatures are real, DynamoDB is AWS's DynamoDB Local. Faults come",
    "from [the local stack](local-stack.md#faults-to-order), between the code and the servers.",
    "",
  ];
}

const misreadings: readonly string[] = [
  "## What can be misread",
  "",
  "- **Not AWS.** Faults are what AWS documents, and what we have seen of it; AWS may know others. Nothing here has met",
  "  an AWS endpoint.",
  "- **A seed decides the plan, not the timing.** Which faults come when, and whom they are aimed at, is the same in each",
  "  run; which call of which process is hit depends on how fast the machine is. A failure may need several runs to show",
  "  again; its history is kept.",
  "- **Scaled down.** API Gateway's ten minutes of idleness are 10 s, visibility 4 s, pages 20 subscribers, so that in",
  "  minutes happens what takes days. Connections are cut at random; their two hours are 30 s in the suite `sockets`.",
  "- **Owed** to a subscriber of the `data` format is what was published when it had been subscribed for longer than the",
  "  index may lag (2.5 s here), and while it stayed connected. A client, in the `event` format, is owed all behind the",
  "  position at which it began, whatever happens to its connections.",
  "- **Repeats** to subscribers of the `data` format are counted against a fault of the worker, or the loss of an answer,",
  "  that explains them: one that nothing explains fails the run, and so do more than 1 % in a run of a minute or longer.",
];
