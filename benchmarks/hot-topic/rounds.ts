import { randomUUID } from "node:crypto";
import { readTopicEvents, type TopicEvent } from "lambda-websocket-pubsub";
import { processUsage } from "../support/process-usage.ts";
import type { CallCounts, PublishOrder } from "./orders.ts";
import type { HotTopicProcesses } from "./processes.ts";
import { type LogVerdict, verifyLog } from "./verify-log.ts";

export interface BareRound {
  perSecond: number;
  latenciesMs: number[];
  /** Total CPU time in microseconds. */
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
  const cpu = startCpuWatch([barePuts.pid], dynamodbPid);
  const reply = await barePuts.ask({ partition: `bare-${randomUUID()}`, seconds });
  const { latenciesMs } = reply;
  return { perSecond: latenciesMs.length / reply.seconds, latenciesMs, cpu: cpu() };
}

/** All producers publish at the same time. Then the log of their topic is read and verified. */
export async function appendRound(processes: HotTopicProcesses, order: PublishOrder): Promise<AppendsRound> {
  const { producers, dynamodbPid } = processes;
  const cpuUsed = startCpuWatch(
    producers.map(({ pid }) => pid),
    dynamodbPid,
  );
  const replies = await Promise.all(producers.map((producer) => producer.ask(order)));
  const cpu = cpuUsed();
  const published = replies.flatMap((reply) => reply.published);
  const beginMs = Math.min(...replies.map(({ beginMs }) => beginMs));
  const endMs = Math.max(...replies.map((reply) => reply.endMs));
  const sum = (count: (calls: CallCounts) => number): number =>
    replies.reduce((total, { calls }) => total + count(calls), 0);
  return {
    perSecond: (published.length / (endMs - beginMs)) * 1_000,
    latenciesMs: published.map(({ startedMs, resolvedMs }) => resolvedMs - startedMs),
    rejected: replies.flatMap(({ rejected }) => rejected).length,
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
  // The library's client reads its settings from the environment, as in a Lambda function
  Object.assign(process.env, env);
  const config = { dynamodbTableName: env.PUBSUB_TABLE_NAME ?? "" };
  const log: TopicEvent[] = [];
  for await (const event of readTopicEvents({ topicId, config })) log.push(event);
  return log;
}

/** Measures CPU times from now on. The queue's server runs in this process, which does nothing else during a round. */
function startCpuWatch(clients: readonly number[], dynamodbPid: number): () => CpuTimes {
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
