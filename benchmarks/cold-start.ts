import type { Benchmark, BenchmarkResult, BenchmarkRun } from "./benchmark.ts";
import { bundleParts } from "./cold-start/bundle-parts.ts";
import { BUNDLE_NAMES, BUNDLES, type BundleName, type Bundles, makeBundles } from "./cold-start/bundles.ts";
import { type ColdStart, startCold } from "./cold-start/start-cold.ts";
import { median, rounded, type Spread, showSpread, toSpread } from "./support/statistics.ts";
import { textTable } from "./support/text-table.ts";

const PARTS_SHOWN = 15;
/** The share of a bundle that esbuild adds to join its parts and its chunks (imports and exports). It belongs to no part. */
const GLUE_SHARE = 0.06;

/** Measures the INIT time of the functions. The baseline is a function with only the two AWS clients that it needs. */
export const coldStart: Benchmark = {
  name: "cold-start",
  summary: "size and INIT time of the deployed functions, compared with the DynamoDB and SQS clients alone",
  flags: {},
  rounds: 15,
  async run(given) {
    given.progress("bundling");
    const bundles = await makeBundles();
    try {
      return summarize(bundles, await measure(given, bundles));
    } finally {
      await bundles.remove();
    }
  },
};

async function measure(given: BenchmarkRun, bundles: Bundles): Promise<Record<BundleName, ColdStart[]>> {
  const starts: Record<BundleName, ColdStart[]> = { fanout: [], websocket: [], baseline: [] };
  // Not measured: the first start of each bundle also reads its file from the disk
  for (const name of BUNDLES) await startCold(bundles.probe.path, bundles[name].path);
  for (let round = 1; round <= given.rounds; round++) {
    given.progress(`round ${round} of ${given.rounds}`);
    for (const name of BUNDLES) starts[name].push(await startCold(bundles.probe.path, bundles[name].path));
  }
  return starts;
}

function summarize(bundles: Bundles, starts: Record<BundleName, ColdStart[]>): BenchmarkResult {
  const times = {
    fanout: summarizeTimes(starts.fanout),
    websocket: summarizeTimes(starts.websocket),
    baseline: summarizeTimes(starts.baseline),
  };
  const initMs = (name: BundleName): number => rounded(times[name].initMs.median, 1);
  const cpuMs = (name: BundleName): number => rounded(times[name].cpuMs.median, 1);
  const parts = bundleParts(bundles.fanout.metafile);
  const partsKb = Math.round(parts.reduce((sum, { kilobytes }) => sum + kilobytes, 0));
  const perRound = starts.fanout.map(
    (each, round) => each.initMs / (starts.baseline[round]?.initMs ?? Number.NaN),
  );
  const coldStart = {
    fanoutKb: bundles.fanout.kilobytes,
    websocketKb: bundles.websocket.kilobytes,
    baselineKb: bundles.baseline.kilobytes,
    fanoutInitMs: initMs("fanout"),
    websocketInitMs: initMs("websocket"),
    baselineInitMs: initMs("baseline"),
    ratio: rounded(median(perRound), 3),
    fanoutInitCpuMs: cpuMs("fanout"),
    websocketInitCpuMs: cpuMs("websocket"),
    baselineInitCpuMs: cpuMs("baseline"),
    fanoutParts: parts.slice(0, PARTS_SHOWN),
    spread: times,
  };
  return {
    json: { coldStart },
    lines: [
      "bundles as SST deploys them (KB: with what is loaded only if needed); INIT: from the import until the handler exists, in a new process each time",
      "",
      ...textTable([
        ["", "KB", "INIT ms", "CPU ms", "whole process ms"],
        ...BUNDLES.map((name) => row(name, bundles[name].kilobytes, times[name])),
      ]),
      "",
      `INIT of the fan-out function / INIT of the two clients alone: ${coldStart.ratio.toFixed(2)}`,
      "",
      "parts of the fan-out function's bundle:",
      ...textTable([
        ["  package", "KB"],
        ...coldStart.fanoutParts.map(({ name, kilobytes }) => [`  ${name}`, kilobytes.toFixed(1)]),
      ]),
    ],
    checks: [
      {
        what: `the parts of the fan-out function's bundle add up to its size (${partsKb} of ${coldStart.fanoutKb} KB)`,
        holds: Math.abs(partsKb - coldStart.fanoutKb) <= coldStart.fanoutKb * GLUE_SHARE,
      },
    ],
  };
}

type Times = Record<keyof ColdStart, Spread>;

const summarizeTimes = (starts: readonly ColdStart[]): Times => ({
  initMs: toSpread(starts.map(({ initMs }) => initMs)),
  cpuMs: toSpread(starts.map(({ cpuMs }) => cpuMs)),
  processMs: toSpread(starts.map(({ processMs }) => processMs)),
});

const row = (name: BundleName, kilobytes: number, { initMs, cpuMs, processMs }: Times): string[] => [
  BUNDLE_NAMES[name],
  String(kilobytes),
  ...[initMs, cpuMs, processMs].map((spread) => showSpread(spread, 1)),
];
