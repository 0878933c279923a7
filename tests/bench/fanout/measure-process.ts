import { subtractUsage, type Usage } from "lambda-websocket-pubsub-local";
import { startChild } from "../support/bench-child.ts";
import { watchProcesses } from "../support/watch-processes.ts";
import type { FanoutFixture } from "./fixture.ts";
import { type Measured, measuredOf } from "./measured.ts";
import type { FanOutAnswer, FanOutOrder } from "./orders.ts";

/** Lambda: the memory that buys a whole CPU. */
const LAMBDA_MEMORY_MB = 1_769;

/** One fan-out by a process that does it all itself, as a Lambda that publishes would. */
export async function measureProcess(fixture: FanoutFixture, script: URL): Promise<Measured> {
  const { stack, sink, topicId, warmUpTopicId, body, latencyMs } = fixture;
  const child = await startChild<FanOutOrder, FanOutAnswer>(script, {
    ...stack.env,
    ...sink.trust,
    BENCH_MANAGEMENT_ENDPOINT: sink.endpoint,
  });
  try {
    await child.ask({ topicId: warmUpTopicId, body });
    await sink.begin({ latencyMs });
    const usageBefore = stack.usage();
    const used = watchProcesses([child.pid]);
    const startedAtMs = Date.now();
    const { durationMs } = await child.ask({ topicId, body });
    const processes = used();
    const usage = { ...subtractUsage(stack.usage(), usageBefore), ...asLambda(durationMs) };
    return measuredOf({ report: await sink.report(), processes, startedAtMs, usage });
  } finally {
    await child.stop();
  }
}

/** The stack's own functions have nothing to do meanwhile. */
function asLambda(durationMs: number): Pick<Usage, "lambda"> {
  const gbSeconds = (Math.ceil(durationMs) / 1_000) * (LAMBDA_MEMORY_MB / 1_024);
  return { lambda: { requests: 1, gbSeconds } };
}
