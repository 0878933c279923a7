import { costOf, subtractUsage } from "lambda-websocket-pubsub-local";
import { until } from "../support/until.ts";
import { waitForEmptyQueue } from "../support/wait-for-empty-queue.ts";
import type { ListenReply } from "./orders.ts";
import type { Side } from "./side.ts";

/** The figures of one variant at one rate. */
export interface RateMeasured extends ListenReply {
  published: number;
  rejected: readonly string[];
  dollarsPerMillionEvents: number;
  /** How much later than scheduled the last publish began. */
  publishedLateSeconds: number;
  /** Time from the last publish until every listener had every event. It grows if the system cannot keep up. */
  secondsAfterLastPublish: number;
}

export interface Rate {
  run: number;
  publishesPerSecond: number;
  seconds: number;
  subscribers: number;
}

/** If no listener gets a new event for this time, the missing events count as lost. */
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
  await waitForEmptyQueue(stack);
  const heard = await listeners.ask({ do: "report", offsets });
  if (!heard) throw new Error("the listeners must reply with a report; got null");
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
