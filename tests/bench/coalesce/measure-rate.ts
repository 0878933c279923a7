import { costOf, subtractUsage } from "lambda-websocket-pubsub-local";
import { queueIdle } from "../support/queue-idle.ts";
import { until } from "../support/until.ts";
import type { ListenAnswer } from "./orders.ts";
import type { Side } from "./side.ts";

/** What one way made of one rate. */
export interface RateMeasured extends ListenAnswer {
  published: number;
  rejected: readonly string[];
  dollarsPerMillionEvents: number;
  /** How long the last publish was begun after it was due by the schedule. */
  publishedLateSeconds: number;
  /** From the last publish until everybody had everything; grows with what the system lags behind. */
  secondsAfterLastPublish: number;
}

export interface Rate {
  run: number;
  publishesPerSecond: number;
  seconds: number;
  subscribers: number;
}

/** How long listeners may hear nothing new before what is missing counts as lost. */
const PATIENCE_MS = 30_000;

export async function measureRate(
  { stack, topicId, listeners, publisher }: Side,
  { run, publishesPerSecond, seconds, subscribers }: Rate,
): Promise<RateMeasured> {
  const publishes = publishesPerSecond * seconds;
  await listeners.ask({ do: "begin", run, publishes });
  const usageBefore = stack.usage();
  const beganAtMs = Date.now();
  const { offsets, rejected, lastBegunAtMs } = await publisher.ask({
    topicId,
    run,
    publishesPerSecond,
    seconds,
  });
  const published = publishes - rejected.length;
  await listeners.ask({ do: "await", deliveries: published * subscribers, patienceMs: PATIENCE_MS });
  await until("the fan-out workers are idle", () => stack.stats().queue.inFlight === 0);
  const usage = subtractUsage(stack.usage(), usageBefore);
  await queueIdle(stack);
  const heard = await listeners.ask({ do: "report", offsets });
  if (!heard) throw new Error("the listeners had nothing to report");
  const dueAtMs = beganAtMs + ((publishes - 1) * 1_000) / publishesPerSecond;
  return {
    ...heard,
    published,
    rejected,
    dollarsPerMillionEvents: (costOf(usage).total / (published * subscribers)) * 1e6,
    publishedLateSeconds: Math.max(0, lastBegunAtMs - dueAtMs) / 1_000,
    secondsAfterLastPublish: (heard.lastNewAtMs - lastBegunAtMs) / 1_000,
  };
}
