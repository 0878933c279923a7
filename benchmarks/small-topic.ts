import { fileURLToPath } from "node:url";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import { setEnvironment } from "../demo/stack.ts";
import type { Benchmark, BenchmarkResult, BenchmarkRun } from "./benchmark.ts";
import { type MeasuredTopic, measureTopic } from "./small-topic/measure.ts";
import { availablePaths, PATH_NAMES, PATHS } from "./small-topic/paths.ts";
import { type SmallTopicRow, toRows } from "./small-topic/rows.ts";
import { GATEWAY_MS, onLocalStack } from "./support/on-local-stack.ts";
import { textTable } from "./support/text-table.ts";

const AUDIENCES = [1, 5, 50];
const PUBLISH_FUNCTION = fileURLToPath(new URL("./small-topic/publish-function.ts", import.meta.url));

/** The topic opens, functions start, and connections open. */
const WARM_UP_PUBLISHES = 40;
/**
 * Before everything, in rounds: code is compiled in the functions and in DynamoDB Local's JVM, which takes
 * hundreds of messages. The first row would contain it.
 */
const COMPILE_ROUNDS = 10;

/** Measures what a publication to a topic with few subscribers costs, by units counted. */
export const smallTopic: Benchmark = {
  name: "small-topic",
  summary: "units and dollars of a publication to 1, 5 and 50 subscribers, beside AppSync Events",
  flags: {
    publishes: { default: 20, min: 1, max: 10_000, help: "publications per round" },
    bytes: { default: 500, min: 0, max: 100_000, help: "size of the data" },
    "gateway-ms": GATEWAY_MS,
    "max-subscribers": { default: 50, min: 1, max: 50, help: "skip larger audiences than this" },
  },
  rounds: 3,
  run: (given) => onLocalStack(given, (stack) => measure(stack, given), { publish: PUBLISH_FUNCTION }),
};

async function measure(
  stack: LocalStack,
  { flags, rounds, progress }: BenchmarkRun,
): Promise<BenchmarkResult> {
  setEnvironment(stack);
  const { publishes = 0, bytes = 0, "max-subscribers": most = 0 } = flags;
  const paths = await availablePaths(stack);
  for (const path of paths) {
    progress(`warm-up ${PATH_NAMES[path]}`);
    const topic = { subscribers: 1, publicationId: false, path };
    await measureTopic(stack, topic, { warmUp: COMPILE_ROUNDS * publishes, rounds: 0, publishes, bytes });
  }
  const measured: MeasuredTopic[] = [];
  for (const subscribers of AUDIENCES.filter((count) => count <= most)) {
    for (const publicationId of [false, true]) {
      for (const path of paths) {
        progress(`${subscribers} subscribers, ${PATH_NAMES[path]}`);
        const topic = { subscribers, publicationId, path };
        measured.push(
          await measureTopic(stack, topic, { warmUp: WARM_UP_PUBLISHES, rounds, publishes, bytes }),
        );
      }
    }
  }
  const rows = toRows(measured);
  const lost = measured.reduce((sum, topic) => sum + topic.lost, 0);
  const duplicates = measured.reduce((sum, topic) => sum + topic.duplicates, 0);
  const missing = PATHS.filter((path) => !paths.includes(path));
  return {
    json: { smallTopic: { bytes, gatewayLatencyMs: flags["gateway-ms"], rows } },
    lines: [
      `one publication of ${bytes} bytes to subscribers of the format "event"; medians over ${rounds} rounds of ${publishes}`,
      "$ a million publications: beyond the posts, in total with API Gateway's messages, at AppSync Events, data transfer",
      "",
      ...textTable([HEAD, ...rows.map(toCells)]),
      ...missing.map((path) => `\nnot measured, because this version does not have it: ${PATH_NAMES[path]}`),
    ],
    checks: [
      { what: `no delivery is lost (lost: ${lost})`, holds: lost === 0 },
      { what: `no delivery is duplicated (duplicates: ${duplicates})`, holds: duplicates === 0 },
    ],
  };
}

const HEAD = [
  "subscribers",
  "id",
  "path",
  "write",
  "read",
  "SQS",
  "invocations",
  "ms",
  "log bytes",
  "$ beyond",
  "$ total",
  "$ AppSync",
  "$ transfer",
];

const toCells = (row: SmallTopicRow): string[] => [
  String(row.subscribers),
  row.publicationId ? "yes" : "no",
  row.path,
  String(row.writeUnits),
  String(row.readUnits),
  String(row.sqsRequests),
  String(row.invocations),
  String(row.lambdaMs),
  String(row.logBytes),
  row.dollarsPerMillionBeyondPosts.toFixed(2),
  row.totalDollarsPerMillion.toFixed(2),
  row.appSyncDollarsPerMillion.toFixed(2),
  row.dataTransferDollarsPerMillion.toFixed(2),
];
