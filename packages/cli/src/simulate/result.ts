import { type Cost, costOf } from "lambda-websocket-pubsub-local";
import { MODEL, type SimulateSettings } from "./model.ts";
import { type QuotaUse, quotasOf } from "./quotas.ts";
import type { Simulated } from "./simulate.ts";

/** What `--json` prints. */
export interface SimulateResult {
  simulate: {
    subscribers: number;
    shards: number;
    /** Of the slowest publication: from its publish to its last subscriber. */
    seconds: number;
    /** Posts that were delivered, as a share of what the account's rate allows in the same time. */
    goodputRatio: number;
    /** The longest chain of messages that followed a publish. */
    hops: number;
    /** Subscribers with every event. */
    reached: number;
    duplicates: number;
    /** The most read units of one key of the index in a second. */
    indexReadUnitsPerSecondMax: number;
    /** Without connection minutes and data transfer. */
    dollars: number;
    dollarsPerMillionPosts: number;
    publications: number;
    /** Of half of the publications, at most. */
    medianSeconds: number;
    elapsedSeconds: number;
    posts: Simulated["posts"];
    abandoned: number;
    invocations: number;
    coldStarts: number;
    concurrencyMax: number;
    logWriteUnitsPerSecondMax: number;
    ledgerWriteUnitsPerSecondMax: number;
    throttledStorageCalls: number;
    quotas: readonly QuotaUse[];
    settings: SimulateSettings;
  };
}

export function toResult(simulated: Simulated): SimulateResult {
  const { settings, posts, elapsedSeconds, table, queue, fanout } = simulated;
  const { subscribers, shards, publications } = settings;
  const durations = [...simulated.durationsSeconds].sort((one, other) => one - other);
  const { total: dollars } = costOfSimulated(simulated);
  return {
    simulate: {
      subscribers,
      shards,
      seconds: durations.at(-1) ?? 0,
      goodputRatio: elapsedSeconds === 0 ? 0 : posts.delivered / (settings.accountRate * elapsedSeconds),
      hops: queue.hopsMax,
      reached: simulated.reached,
      duplicates: simulated.duplicates,
      indexReadUnitsPerSecondMax: table.perKeyMax("index", "read"),
      dollars,
      dollarsPerMillionPosts: posts.delivered === 0 ? 0 : (dollars / posts.delivered) * 1e6,
      publications,
      medianSeconds: durations[Math.floor((durations.length - 1) / 2)] ?? 0,
      elapsedSeconds,
      posts,
      abandoned: simulated.abandoned,
      invocations: fanout.invocations(),
      coldStarts: fanout.coldStarts(),
      concurrencyMax: fanout.concurrencyMax(),
      logWriteUnitsPerSecondMax: table.perKeyMax("log", "write"),
      ledgerWriteUnitsPerSecondMax: table.perKeyMax("ledger", "write"),
      throttledStorageCalls: table.throttled(),
      quotas: quotasOf(simulated),
      settings,
    },
  };
}

/** Prices what the fan-out used. The publisher's own function is not in it. */
function costOfSimulated({ messages, queue, table, fanout, unitsOfWork }: Simulated): Cost {
  const logBytes =
    fanout.invocations() * MODEL.logBytesPerInvocation.value + unitsOfWork * MODEL.logBytesPerUnit.value;
  const gigabytes = MODEL.functionMemoryMb.value / 1_024;
  return costOf({
    apiGateway: { messages, connectionMinutes: 0, bytesOut: 0 },
    sqs: { requests: queue.requests, emptyReceives: 0 },
    dynamodb: { writeUnits: table.units.write, readUnits: table.units.read },
    lambda: {
      requests: fanout.invocations(),
      gbSeconds: (fanout.billedMs() / 1_000) * gigabytes,
    },
    logs: { bytes: logBytes },
  });
}
