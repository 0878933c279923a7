import { availableParallelism } from "node:os";
import type { DemoResult } from "./tally.ts";

/** Explains the latencies of the table, which differ from those of a single message on AWS. */
export function describeLatency({ subscribers, messages }: DemoResult): string {
  const cores = availableParallelism();
  return `p50Ms and p99Ms: from the call of publishToTopic until a client has the message. All ${messages} messages are published
in one go, the first one starts the workers, and ${cores === 1 ? "one core runs" : `the same ${cores} cores run`} gateway, database, workers and all ${subscribers}
clients. So most of the time a message waits for its turn. \`npm run bench -- latency\` measures messages that do not wait.`;
}

/** Returns undefined if every client has every message once. Nothing fails here, so a duplicate is a defect too. */
export function describeFailure({ expected, lost, duplicates }: DemoResult): string | undefined {
  const problems = [
    ...(lost > 0 ? [`${lost} of ${expected} messages did not arrive`] : []),
    ...(duplicates > 0 ? [`${duplicates} arrived again`] : []),
  ];
  return problems.length > 0 ? `Failed: ${problems.join(", ")}` : undefined;
}
