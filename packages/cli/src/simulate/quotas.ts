import { MODEL } from "./model.ts";
import type { Simulated } from "./simulate.ts";

/** A limit, and how much of it the simulation used. */
export interface QuotaUse {
  quota: string;
  unit: string;
  limit: number;
  used: number;
  /** `used` divided by `limit`. */
  share: number;
  /** What raises it. */
  ask: string;
  source: string;
}

/** Requests of a quiet client: PING and PONG, and for each new connection the handshake, SUBSCRIBE and SUBSCRIBED. */
const REQUESTS_PER_HEARTBEAT = 2;
const REQUESTS_PER_CONNECTION = 3;
/** A subscription that moves to another connection: its new row, and the removal of the old one. */
const WRITES_PER_MOVE = 2;
/** A message of a client takes the handler about this long. docs/cost.md has 15 to 21 ms for a PING. */
const HANDLER_SECONDS = 0.03;

/**
 * Returns the limits in the order in which they bind: those with the largest share of use first. What connections need
 * while nothing is published is computed, not simulated: all subscribers are connected, quiet, and spread over time.
 */
export function quotasOf(simulated: Simulated): QuotaUse[] {
  return [...ofFanout(simulated), ...ofConnections(simulated)]
    .map((quota) => ({ ...quota, share: quota.used / quota.limit }))
    .sort((one, other) => other.share - one.share);
}

type Unrated = Omit<QuotaUse, "share">;

const fromModel = (name: keyof typeof MODEL): Pick<QuotaUse, "limit" | "unit" | "source"> => {
  const { value: limit, unit, source } = MODEL[name];
  return { limit, unit, source };
};

const NOT_ADJUSTABLE = "cannot be raised";
const SHARDS = `${NOT_ADJUSTABLE}: more shards`;

function ofFanout({ settings, perSecond, table, queue, fanout }: Simulated): Unrated[] {
  const posts = Math.max(
    0,
    ...perSecond.map((second) => second.delivered + second.failed + second.throttled),
  );
  return [
    {
      ...fromModel("accountPostsPerSecond"),
      quota: "API Gateway: the account's requests, for posts",
      limit: settings.accountRate,
      used: posts,
      ask: "Service Quotas, API Gateway: Throttle rate",
    },
    {
      quota: "the CPU of the workers",
      unit: "posts a second",
      source: "--workers and --post-cpu-us",
      limit: (settings.workers * 1e6) / settings.postCpuMicros,
      used: Math.max(0, ...perSecond.map(({ delivered }) => delivered)),
      ask: "a larger maximum concurrency of the fan-out function (--workers)",
    },
    {
      ...fromModel("partitionReadUnits"),
      quota: "DynamoDB: reads of one key of the index",
      used: table.perKeyMax("index", "read"),
      ask: SHARDS,
    },
    {
      ...fromModel("partitionWriteUnits"),
      quota: "DynamoDB: writes to one topic's log",
      used: table.perKeyMax("log", "write"),
      ask: `${NOT_ADJUSTABLE}: publish several events in one call, or to more topics`,
    },
    {
      ...fromModel("partitionWriteUnits"),
      quota: "DynamoDB: writes to the ledger of one publication",
      used: table.perKeyMax("ledger", "write"),
      ask: `${NOT_ADJUSTABLE}: larger parts (partSize)`,
    },
    {
      ...fromModel("tableReadUnits"),
      quota: "DynamoDB: reads of the table",
      used: table.perTableMax("read"),
      ask: "Service Quotas, DynamoDB: table-level read throughput limit",
    },
    {
      ...fromModel("tableWriteUnits"),
      quota: "DynamoDB: writes to the table",
      used: table.perTableMax("write"),
      ask: "Service Quotas, DynamoDB: table-level write throughput limit",
    },
    {
      ...fromModel("inFlightMessages"),
      quota: "SQS: messages in flight",
      used: queue.inFlightMax,
      ask: "AWS Support, SQS",
    },
    {
      ...fromModel("concurrentExecutions"),
      quota: "Lambda: the fan-out function at once",
      used: fanout.concurrencyMax(),
      ask: "Service Quotas, Lambda: Concurrent executions",
    },
  ];
}

function ofConnections({ settings: { subscribers, accountRate, shards } }: Simulated): Unrated[] {
  const connections = subscribers / MODEL.connectionSeconds.value;
  const heartbeats = subscribers / MODEL.heartbeatSeconds.value;
  return [
    {
      ...fromModel("newConnectionsPerSecond"),
      quota: "API Gateway: new connections, when each client opens one before two hours",
      used: connections,
      ask: "Service Quotas, API Gateway: WebSocket new connections",
    },
    {
      ...fromModel("accountPostsPerSecond"),
      quota: "API Gateway: the account's requests, for quiet connections",
      limit: accountRate,
      used: heartbeats * REQUESTS_PER_HEARTBEAT + connections * REQUESTS_PER_CONNECTION,
      ask: "Service Quotas, API Gateway: Throttle rate; or longer heartbeats (heartbeatMaxMs)",
    },
    {
      ...fromModel("partitionWriteUnits"),
      quota: "DynamoDB: writes to one key of the index, when clients change connections",
      used: (connections * WRITES_PER_MOVE) / shards,
      ask: SHARDS,
    },
    {
      ...fromModel("concurrentExecutions"),
      quota: "Lambda: the handler of quiet clients' messages at once",
      used: (heartbeats + 2 * connections) * HANDLER_SECONDS,
      ask: "Service Quotas, Lambda: Concurrent executions",
    },
  ];
}
