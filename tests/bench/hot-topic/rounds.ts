import { randomUUID } from "node:crypto";
import { readTopicEvents, type TopicEvent } from "lambda-websocket-pubsub";
import { processUsage } from "../support/process-usage.ts";
import type { CallCounts, PublishOrder } from "./orders.ts";
import type { HotTopicProcesses } from "./processes.ts";
import { type LogVerdict, verifyLog } from "./verify-log.ts";

export interface BareRound {
  perSecond: number;
  latenciesMs: number[];
  /** Microseconds of CPU time in all. */
  cpu: CpuTimes;
}

export interface AppendsRound extends BareRound {
  rejected: number;
  calls: CallCounts;
  log: LogVerdict;
}

export interface CpuTimes {
  clients: number;
  dynamodb: number;
  sqs: number;
}

export async function barePutsRound(processes: HotTopicProcesses, seconds: number): Promise<BareRound> {
  const { barePuts, dynamodbPid } = processes;
  const cpu = cpuSince([barePuts.pid], dynamodbPid);
  const answer = await barePuts.ask({ partition: `bare-${randomUUID()}`, seconds });
  const { latenciesMs } = answer;
  return { perSecond: latenciesMs.length / answer.seconds, latenciesMs, cpu: cpu() };
}

/** All producers publish at once; then their topic's log is read back. */
export async function appendRound(processes: HotTopicProcesses, order: PublishOrder): Promise<AppendsRound> {
  const { producers, dynamodbPid } = processes;
  const cpuUsed = cpuSince(
    producers.map(({ pid }) => pid),
    dynamodbPid,
  );
  const answers = await Promise.all(producers.map((producer) => producer.ask(order)));
  const cpu = cpuUsed();
  const published = answers.flatMap((answer) => answer.published);
  const beginMs = Math.min(...answers.map(({ beginMs }) => beginMs));
  const endMs = Math.max(...answers.map((answer) => answer.endMs));
  const sum = (of: (calls: CallCounts) => number): number =>
    answers.reduce((total, { calls }) => total + of(calls), 0);
  return {
    perSecond: (published.length / (endMs - beginMs)) * 1_000,
    latenciesMs: published.map(({ startedMs, resolvedMs }) => resolvedMs - startedMs),
    rejected: answers.flatMap(({ rejected }) => rejected).length,
    calls: {
      writes: sum(({ writes }) => writes),
      reads: sum(({ reads }) => reads),
      conflicts: sum(({ conflicts }) => conflicts),
    },
    cpu,
    log: verifyLog(await readLog(order.topicId, processes.env), published),
  };
}

async function readLog(topicId: string, env: Record<string, string>): Promise<TopicEvent[]> {
  // The library's client takes its settings from the environment, as it does in a Lambda
  Object.assign(process.env, env);
  const config = { dynamodbTableName: env.PUBSUB_TABLE_NAME ?? "" };
  const log: TopicEvent[] = [];
  for await (const event of readTopicEvents({ topicId, config })) log.push(event);
  return log;
}

/** CPU times from now on; the queue's server runs in this process, which does nothing else meanwhile. */
function cpuSince(clients: readonly number[], dynamodbPid: number): () => CpuTimes {
  const now = (): CpuTimes => ({
    clients: clients.reduce((total, pid) => total + processUsage(pid).cpuMicros, 0),
    dynamodb: processUsage(dynamodbPid).cpuMicros,
    sqs: processUsage(process.pid).cpuMicros,
  });
  const before = now();
  return () => {
    const after = now();
    return {
      clients: after.clients - before.clients,
      dynamodb: after.dynamodb - before.dynamodb,
      sqs: after.sqs - before.sqs,
    };
  };
}
