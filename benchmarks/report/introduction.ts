import { codeBlock } from "../../tests/support/markdown.ts";
import { PLAN } from "./plan.ts";
import type { RawResult } from "./raw-result.ts";
import type { Results } from "./results.ts";

/** Says what was measured, on which machine, and which parts replace AWS. */
export function introduction(results: Results): string[] {
  const measured = PLAN.flatMap(({ id }) => results.find(id) ?? []);
  const [first] = measured.toSorted((a, b) => a.at.localeCompare(b.at));
  const quick = PLAN.flatMap(({ id }) => (results.kept[id]?.quick ? [`\`${id}\``] : []));
  return [
    ...(quick.length > 0
      ? [`**Quick runs of one round each, too short to be reliable: ${quick.join(", ")}.**`, ""]
      : []),
    ...(first ? [machineLine(first), ""] : []),
    "Each benchmark measures its baselines in the same run, in turns with our code. A baseline is what one would write with",
    "AWS's SDK, or the first version of this package, or the lowest possible cost. Figures are medians over the rounds, with",
    "minimum and maximum in parentheses. The [last section](#runs-and-checks) gives the number of rounds.",
    "",
    "- **What replaces AWS.** A sink replaces API Gateway's management endpoint: a process that counts posts and returns the",
    "  same responses as AWS. Benchmarks with real WebSocket clients use this repository's own gateway instead. DynamoDB is",
    "  AWS's DynamoDB Local, SQS is fauxqs, and a Lambda is a Node process. There is no network and no other load.",
    "- **What is real.** The code under test is the deployed code, in its own processes. Posts use TLS to the sink, HTTP and",
    "  WebSocket. Every post has a SigV4 signature. The sink does not verify it, because that would be measured, too; the",
    "  gateway does.",
    "- **What is shared.** The code under test, the replacements of AWS and the clients share the cores of one machine.",
    "  Absolute figures are therefore pessimistic. The ratios matter: both sides of a ratio had the same conditions.",
    "",
    "A section at the end lists [what can be misread](#what-can-be-misread). These commands repeat all measurements, in about",
    "25 minutes on two idle cores, and list the benchmarks:",
    "",
    ...codeBlock(["npm run bench -- report", "npm run bench -- --help"]),
  ];
}

function machineLine({ machine, at, commit }: RawResult): string {
  const code = commit === null ? "" : `, commit \`${commit}\``;
  return `Measured on ${at.slice(0, 10)}${code}, on ${machine.cpu} with ${machine.cores} cores, Node ${machine.node}.`;
}
