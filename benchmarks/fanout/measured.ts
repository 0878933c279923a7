import { costOf, type Usage } from "lambda-websocket-pubsub-local";
import type { SinkReport } from "../support/sink.ts";
import type { ProcessesUsed } from "../support/watch-processes.ts";

/** The figures of one variant for one publication. */
export interface Measured {
  /** Subscribers with at least one post, and posts after the first to the same subscriber. */
  reached: number;
  duplicates: number;
  /** Time from the publish to the last post that the sink accepted. */
  seconds: number;
  /** CPU time of the posting processes. */
  cpuMicrosPerPost: number;
  /** The largest memory growth of a posting process, compared with its warm, idle state. A Lambda's memory must hold it. */
  rssGrowthMb: number;
  /** Cost of a million deliveries, and of a million such publications. */
  dollarsPerMillion: number;
  dollarsPerMillionPublications: number;
  /** Cost of everything except API Gateway's messages, divided by the cost of these messages. */
  overheadRatio: number;
}

const MB_BYTES = 2 ** 20;

/** Computes the figures. The posts bypass the local gateway, so the messages that the sink counted are added here. */
export function toMeasured(taken: {
  report: SinkReport;
  processes: ProcessesUsed;
  startedAtMs: number;
  usage: Usage;
}): Measured {
  const { report, processes, startedAtMs, usage } = taken;
  const messages = usage.apiGateway.messages + report.meteredMessages;
  const { total, overheadRatio } = costOf({ ...usage, apiGateway: { ...usage.apiGateway, messages } });
  return {
    reached: report.reached,
    duplicates: report.duplicates,
    seconds: ((report.lastAcceptedAtMs ?? Number.NaN) - startedAtMs) / 1_000,
    cpuMicrosPerPost: processes.cpuMicros / report.posts,
    rssGrowthMb: processes.rssGrowthBytes / MB_BYTES,
    dollarsPerMillion: (total / report.reached) * 1e6,
    dollarsPerMillionPublications: total * 1e6,
    overheadRatio,
  };
}
