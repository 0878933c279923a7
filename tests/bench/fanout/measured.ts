import { costOf, type Usage } from "lambda-websocket-pubsub-local";
import type { SinkReport } from "../support/sink.ts";
import type { ProcessesUsed } from "../support/watch-processes.ts";

/** What one way made of one publication. */
export interface Measured {
  /** Subscribers that were posted to at all, and posts that were more than one to a subscriber. */
  reached: number;
  duplicates: number;
  /** From before the publish to the last post that the sink accepted. */
  seconds: number;
  /** Of the processes that post. */
  cpuMicrosPerPost: number;
  /** The most that one of those processes grew over what it held idle, warmed up: what a Lambda's memory has to hold. */
  rssGrowthMb: number;
  /** Deliveries, and publications such as this one. */
  dollarsPerMillion: number;
  dollarsPerMillionPublications: number;
  /** What everything but API Gateway's messages costs, over those. */
  overheadRatio: number;
}

const MB_BYTES = 2 ** 20;

/** The posts go to the sink, past the gateway that would have counted them. */
export function measuredOf(taken: {
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
