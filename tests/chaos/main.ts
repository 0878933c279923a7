import { SingleBar } from "cli-progress";
import { type ChaosOptions, parseOptions, USAGE, UsageError } from "./options.ts";
import { createProgress } from "./run/progress.ts";
import { runStackSuite } from "./run/stack-report.ts";
import { runSockets } from "./sockets.ts";
import type { StackSuite } from "./troubles/suites.ts";

interface ChaosReport {
  suite: string;
  seed: number;
  ok: boolean;
  [figure: string]: unknown;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") console.log(USAGE);
  else await main(options);
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(options: ChaosOptions): Promise<void> {
  const report = await run(options);
  if (options.json) console.log(JSON.stringify(report));
  else console.table(report);
  process.exitCode = report.ok ? 0 : 1;
}

async function run(options: ChaosOptions): Promise<ChaosReport> {
  const { suite } = options;
  if (suite === "client") return client(options);
  if (suite === "sockets") return sockets(options);
  return stack({ ...options, suite });
}

async function client({ suite, seed, runs }: ChaosOptions): Promise<ChaosReport> {
  const { checkClientProperty } = await import("../client/client-property.ts");
  const startedMs = performance.now();
  // Throws with the seed and the shortest scenario that fails
  await checkClientProperty({ runs, seed });
  return {
    suite,
    seed,
    ok: true,
    runs,
    failed: 0,
    seconds: Math.round((performance.now() - startedMs) / 1_000),
  };
}

async function sockets(options: ChaosOptions): Promise<ChaosReport> {
  const { suite, seed, clients, events } = options;
  const format = "delivered {bar} {value}/{total}";
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true });
  bar.start(clients * events, 0);
  const { deliveries, lost, duplicated, reordered, gaps, connections, faults } = await runSockets(
    options,
    (delivered) => bar.update(delivered),
  );
  bar.stop();
  const ok = lost + duplicated + reordered + gaps === 0;
  return { suite, seed, ok, deliveries, connections, faults, clients: { lost, duplicated, reordered, gaps } };
}

async function stack(options: ChaosOptions & { suite: StackSuite }): Promise<ChaosReport> {
  const { suite, seed, minutes, breakage, reports: directory } = options;
  const progress = createProgress();
  const report = await runStackSuite(
    { suite, seed, seconds: minutes * 60, breakage, directory },
    progress.show,
  );
  progress.end();
  for (const line of report.explanation) console.error(line);
  return report.summary;
}
