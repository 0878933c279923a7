import { subtractUsage, type Usage } from "lambda-websocket-pubsub-local";
import { startChild } from "../support/bench-child.ts";
import { watchProcesses } from "../support/watch-processes.ts";
import type { FanoutFixture } from "./fixture.ts";
import { type Measured, toMeasured } from "./measured.ts";
import type { FanOutOrder, FanOutReply } from "./orders.ts";

/** The memory size at which Lambda gives a function one full CPU. */
const LAMBDA_MEMORY_MB = 1_769;

/** Measures one fan-out by a single process, like a Lambda function that publishes and posts in one invocation. */
export async function measureProcess(fixture: FanoutFixture, script: URL): Promise<Measured> {
  const { stack, sink, topicId, warmUpTopicId, body, latencyMs } = fixture;
  const child = await startChild<FanOutOrder, FanOutReply>(script, {
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
    const usage = { ...subtractUsage(stack.usage(), usageBefore), ...toLambdaUsage(durationMs) };
    return toMeasured({ report: await sink.report(), processes, startedAtMs, usage });
  } finally {
    await child.stop();
  }
}

/** Returns the usage of one invocation. The stack's own functions are idle during this measurement. */
function toLambdaUsage(durationMs: number): Pick<Usage, "lambda"> {
  const gbSeconds = (Math.ceil(durationMs) / 1_000) * (LAMBDA_MEMORY_MB / 1_024);
  return { lambda: { requests: 1, gbSeconds } };
}
