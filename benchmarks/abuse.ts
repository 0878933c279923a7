import { fileURLToPath } from "node:url";
import { type LocalStack, startLocal } from "lambda-websocket-pubsub-local";
import { setEnvironment } from "../demo/stack.ts";
import { connectClient } from "./abuse/client.ts";
import { type AbusiveFrame, strangersFrames, subscribersFrames } from "./abuse/frames.ts";
import { type FullSpeed, measureGreedy, measurePatient } from "./abuse/full-speed.ts";
import { type FrameCost, measureFrame } from "./abuse/measure-frame.ts";
import { summarizeAbuse } from "./abuse/summary.ts";
import { prepareTopics } from "./abuse/topics.ts";
import type { Benchmark, BenchmarkRun } from "./benchmark.ts";
import { GATEWAY_MS } from "./support/on-local-stack.ts";
import { until } from "./support/until.ts";
import { untilQuiet } from "./support/until-quiet.ts";

const WARM_UP_ROUNDS = 5;

/** Measures what one connection can cost: its dearest messages, and an hour of sending as fast as it can. */
export const abuse: Benchmark = {
  name: "abuse",
  summary: "what one connection can cost: the dearest messages, and an hour at full speed",
  flags: {
    "gateway-ms": { ...GATEWAY_MS, default: 10 },
    environments: { default: 8, min: 1, max: 100, help: "environments of the websocket function" },
    topics: { default: 100, min: 1, max: 100, help: "topics that one PING names" },
    seconds: { default: 20, min: 1, max: 3_600, help: "seconds at full speed, for each kind of message" },
  },
  rounds: 2,
  async run(given) {
    given.progress("starting the local stack");
    let postedBytes = 0;
    const stack = await startLocal({
      functions: { websocket: fileURLToPath(new URL("./abuse/websocket-function.ts", import.meta.url)) },
      websocket: { maximumConcurrency: given.flags.environments ?? 8 },
      gateway: {
        postLatencyMs: given.flags["gateway-ms"] ?? 10,
        onPost: ({ bytes }) => {
          postedBytes += bytes;
        },
      },
      // What is refused is a warning, and this benchmark causes thousands
      onLog: () => {},
    });
    try {
      setEnvironment(stack);
      return await measure(stack, given, () => postedBytes);
    } finally {
      await stack.stop();
    }
  },
};

async function measure(stack: LocalStack, given: BenchmarkRun, postedBytes: () => number) {
  const { flags, rounds: times, progress } = given;
  const { topics: count = 100, seconds = 20 } = flags;
  const { dynamodbTableName, fanoutQueueUrl } = stack;
  const prepared = await prepareTopics({ dynamodbTableName, fanoutQueueUrl }, count, progress);
  await untilQuiet(stack);

  const frames = [...strangersFrames(), ...subscribersFrames(prepared)];
  const costs: { frame: AbusiveFrame; cost: FrameCost }[] = [];
  for (const frame of frames) {
    progress(`${frame.who}: ${frame.name}`);
    costs.push({ frame, cost: await measureFrame(stack, frame, { times, postedBytes }) });
  }

  progress("starting all environments");
  await startEnvironments(stack, flags.environments ?? 1);
  const dearest = costs.toSorted((a, b) => b.cost.dollarsPerMillion - a.cost.dollarsPerMillion);
  const [worst] = dearest;
  const worstOfStranger = dearest.find(({ frame }) => frame.who === "stranger");
  const plain = frames[0];
  const runs: FullSpeed[] = [];
  for (const frame of [plain, worstOfStranger?.frame, worst?.frame]) {
    if (!frame) continue;
    progress(`at full speed: ${frame.name}`);
    runs.push(await measureGreedy(stack, frame, seconds));
  }
  for (const frame of [plain, worst?.frame]) {
    if (!frame) continue;
    progress(`as fast as it is admitted: ${frame.name}`);
    runs.push(await measurePatient(stack, frame, seconds));
  }
  return summarizeAbuse(
    costs.map(({ cost }) => cost),
    runs,
  );
}

/** Sends messages of many clients at once, until every environment has handled some. Cold starts are another benchmark. */
async function startEnvironments(stack: LocalStack, environments: number): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: 4 * environments }, () => connectClient(stack.websocketUrl)),
  );
  for (let round = 1; round <= WARM_UP_ROUNDS; round++) {
    for (const client of clients) client.send(JSON.stringify({ action: "PING", requestId: "w" }));
    const all = (): boolean => clients.every((client) => client.responses() >= round);
    await until("the responses of all environments", all);
  }
  for (const client of clients) client.close();
  await untilQuiet(stack);
}
