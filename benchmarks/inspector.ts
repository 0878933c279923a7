import type { Browser } from "playwright-core";
import { launchChromium } from "../tests/e2e/chromium/launch-chromium.ts";
import { type StormSeen, storm } from "../tests/e2e/inspector/storm.ts";
import type { Benchmark, BenchmarkResult, BenchmarkRun } from "./benchmark.ts";
import { quantile, rounded } from "./support/statistics.ts";
import { textTable } from "./support/text-table.ts";

/** A frame that takes longer than this is lag that one sees. */
const LAG_MS = 100;
/** The page draws at most every 250 ms. */
const DRAWINGS_PER_SECOND_MAX = 4;

/** Measures whether the inspector's live view stays fluent while many events arrive. */
export const inspector: Benchmark = {
  name: "inspector",
  summary: "frame times and CPU time of the inspector's live view during a storm of events, in Chromium",
  flags: {
    events: { default: 10_000, min: 10, max: 1_000_000, help: "events per round" },
    topics: { default: 300, min: 1, max: 10_000, help: "topics that take turns" },
    seconds: { default: 60, min: 1, max: 3_600, help: "time in which the events arrive" },
  },
  rounds: 3,
  async run(given) {
    const launched = await launchChromium();
    if ("missing" in launched) throw new Error(launched.missing);
    try {
      return await measure(launched.browser, given);
    } finally {
      await launched.browser.close();
    }
  },
};

async function measure(
  browser: Browser,
  { flags, rounds, progress }: BenchmarkRun,
): Promise<BenchmarkResult> {
  const { events = 0, topics = 0, seconds = 0 } = flags;
  const rows: InspectorRow[] = [];
  for (let round = 1; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}: ${events} events in ${seconds} s`);
    rows.push(toRow(await storm(browser, { events, topics, seconds })));
  }
  const isFluent = rows.every(({ framesOverLag }) => framesOverLag === 0);
  return {
    json: { inspector: { events, topics, seconds, rows } },
    lines: [
      `${events} events of ${topics} topics in ${seconds} s; frame times in milliseconds`,
      "",
      ...textTable([HEAD, ...rows.map(toCells)]),
      "",
      `no frame over ${LAG_MS} ms: ${isFluent ? "holds" : "does not hold on this machine now"}`,
    ],
    checks: rows.map(({ drawings, seconds: took }, index) => ({
      what: `round ${index + 1}: at most ${DRAWINGS_PER_SECOND_MAX} drawings a second (${drawings} in ${took} s)`,
      holds: drawings <= Math.ceil(took * DRAWINGS_PER_SECOND_MAX) + 1,
    })),
  };
}

interface InspectorRow {
  seconds: number;
  drawings: number;
  changesMax: number;
  elementsMax: number;
  cpuMsPerDrawing: number;
  cpuShare: number;
  medianFrameMs: number;
  p99FrameMs: number;
  longestFrameMs: number;
  framesOverLag: number;
}

function toRow({ seconds, drawings, changesMax, elementsMax, frameMs, cpuMs }: StormSeen): InspectorRow {
  const sorted = frameMs.toSorted((one, other) => one - other);
  return {
    seconds: rounded(seconds, 1),
    drawings,
    changesMax,
    elementsMax,
    cpuMsPerDrawing: rounded(cpuMs / drawings, 1),
    cpuShare: rounded(cpuMs / (seconds * 1_000), 3),
    medianFrameMs: rounded(quantile(sorted, 0.5), 1),
    p99FrameMs: rounded(quantile(sorted, 0.99), 1),
    longestFrameMs: rounded(sorted.at(-1) ?? Number.NaN, 1),
    framesOverLag: frameMs.filter((ms) => ms > LAG_MS).length,
  };
}

const HEAD = [
  "drawings",
  "CPU ms each",
  "CPU",
  "changes",
  "elements",
  "median frame",
  "99 %",
  "longest",
  `over ${LAG_MS}`,
];

const toCells = (row: InspectorRow): string[] => [
  String(row.drawings),
  row.cpuMsPerDrawing.toFixed(1),
  `${(row.cpuShare * 100).toFixed(1)} %`,
  String(row.changesMax),
  String(row.elementsMax),
  row.medianFrameMs.toFixed(1),
  row.p99FrameMs.toFixed(1),
  row.longestFrameMs.toFixed(1),
  String(row.framesOverLag),
];
