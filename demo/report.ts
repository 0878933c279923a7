import { availableParallelism } from "node:os";
import type { DemoResult } from "./tally.ts";

/** What the table's latencies are, which are nothing like those of one message on AWS. */
export function describeLatency({ subscribers, messages }: DemoResult): string {
  const cores = availableParallelism();
  return `p50Ms and p99Ms: from the call of publishToTopic until a client has the message. All ${messages} messages are published
in one go, the first of them starts the workers, and ${cores === 1 ? "one core runs" : `the same ${cores} cores run`} gateway, database, workers and all ${subscribers}
clients. So a message mostly waits for its turn. \`npm run bench -- latency\` measures messages that do not wait.`;
}

/** Undefined if every client has every message once: nothing fails here, so that a duplicate is a defect too. */
export function describeFailure({ expected, lost, duplicates }: DemoResult): string | undefined {
  const problems = [
    ...(lost > 0 ? [`${lost} of ${expected} messages did not arrive`] : []),
    ...(duplicates > 0 ? [`${duplicates} arrived again`] : []),
  ];
  return problems.length > 0 ? `Failed: ${problems.join(", ")}` : undefined;
}
