import { codeBlock } from "../../support/markdown.ts";
import { PLAN } from "./plan.ts";
import type { RawResult } from "./raw-result.ts";
import type { Results } from "./results.ts";

/** What was measured, where, and what stands in for what. */
export function introduction(results: Results): string[] {
  const measured = PLAN.flatMap(({ id }) => results.of(id) ?? []);
  const [first] = measured.toSorted((a, b) => a.at.localeCompare(b.at));
  const quick = PLAN.flatMap(({ id }) => (results.kept[id]?.quick ? [`\`${id}\``] : []));
  return [
    ...(quick.length > 0
      ? [`**Only a quick look, one round each, and nothing to rely on: ${quick.join(", ")}.**`, ""]
      : []),
    ...(first ? [machineLine(first), ""] : []),
    "Each benchmark runs its baselines beside it, in the same run and in turns: what one would write with AWS's SDK, this",
    "package's first version, or the least that the thing can cost. Figures are medians over the rounds, with the least",
    "and the most of them in parentheses; [how many rounds](#runs-and-checks) stands at the end.",
    "",
    "- **Not AWS.** API Gateway's management endpoint is a sink, a process that counts posts and answers them as AWS does;",
    "  where there are real WebSocket clients, it is this repository's own gateway. DynamoDB is AWS's DynamoDB Local, SQS is",
    "  fauxqs, a Lambda is a Node process. No network, and nobody else's load.",
    "- **Real.** The code that is deployed, in processes of its own; TLS to the sink; HTTP and WebSocket; a SigV4 signature",
    "  on every post (the sink does not verify it, which would be measured too; the gateway does).",
    "- **Shared.** What is measured, what stands in for AWS and the clients share the cores of one machine. Absolute figures",
    "  are pessimistic for that. The ratios are the point: both sides of one met the same conditions.",
    "",
    "What can be [misread](#what-can-be-misread) stands at the end too. All of it again, in about 20 minutes on two quiet",
    "cores, and each benchmark's own options:",
    "",
    ...codeBlock(["npm run bench -- report", "npm run bench -- --help"]),
  ];
}

function machineLine({ machine, at, commit }: RawResult): string {
  const code = commit === null ? "" : `, commit \`${commit}\``;
  return `Measured on ${at.slice(0, 10)}${code}, on ${machine.cpu} with ${machine.cores} cores, Node ${machine.node}.`;
}
