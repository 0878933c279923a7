/**
 * The numbers of the simulation that are not options: limits, latencies and settings, each with its source. "Assumed"
 * is what no page of AWS says and nothing here can measure.
 */
export interface ModelNumber {
  value: number;
  unit: string;
  source: string;
}

const QUOTAS = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html";
const WEBSOCKET_QUOTAS =
  "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html";
const PARTITIONS =
  "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html";
const SCALING = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html";
const DYNAMODB_QUOTAS = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html";

export const MODEL: Readonly<Record<ModelName, ModelNumber>> = {
  accountPostsPerSecond: { value: 10_000, unit: "requests a second", source: QUOTAS },
  accountBurstSeconds: {
    value: 0.5,
    unit: "seconds of the account's rate",
    source: `${QUOTAS}: a burst of 5,000 at 10,000 a second; for other rates assumed in proportion`,
  },
  newConnectionsPerSecond: { value: 500, unit: "connections a second", source: WEBSOCKET_QUOTAS },
  partitionReadUnits: { value: 3_000, unit: "read units a second and key", source: PARTITIONS },
  partitionWriteUnits: { value: 1_000, unit: "write units a second and key", source: PARTITIONS },
  tableReadUnits: { value: 40_000, unit: "read units a second and table", source: DYNAMODB_QUOTAS },
  tableWriteUnits: { value: 40_000, unit: "write units a second and table", source: DYNAMODB_QUOTAS },
  queryBytes: {
    value: 1_048_576,
    unit: "bytes a query",
    source: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html",
  },
  storageCallMs: {
    value: 6,
    unit: "ms a call of DynamoDB",
    source: "assumed; https://aws.amazon.com/dynamodb/ promises single-digit milliseconds",
  },
  queryMsPerMegabyte: { value: 60, unit: "ms a megabyte of a query", source: "assumed" },
  throttledPauseMs: {
    value: 100,
    unit: "ms, the longest first pause after a throttled call",
    source: "packages/pubsub/src/aws/sdk/until-conclusive.ts",
  },
  storageTries: { value: 8, unit: "tries", source: "packages/pubsub/src/aws/sdk/until-conclusive.ts" },
  queueSendMs: { value: 12, unit: "ms a request to SQS", source: "assumed" },
  queueToFunctionMs: { value: 30, unit: "ms from SQS to the function", source: "assumed" },
  inFlightMessages: {
    value: 120_000,
    unit: "messages in flight",
    source: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html",
  },
  batchesAtFirst: { value: 5, unit: "batches at once", source: SCALING },
  batchesPerMinute: { value: 300, unit: "more batches a minute", source: SCALING },
  concurrentExecutions: {
    value: 1_000,
    unit: "executions at once",
    source: "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
  },
  coldStartMs: { value: 400, unit: "ms until a new function can begin", source: "assumed" },
  batchSize: { value: 10, unit: "messages", source: "stacks/settings.ts" },
  functionTimeoutMs: { value: 30_000, unit: "ms", source: "stacks/settings.ts" },
  functionMemoryMb: { value: 1_769, unit: "MB: one vCPU", source: "stacks/settings.ts" },
  visibilityMs: { value: 180_000, unit: "ms", source: "stacks/settings.ts: six timeouts of the function" },
  logBytesPerInvocation: {
    value: 600,
    unit: "bytes",
    source: "docs/cost.md: 1,191 bytes of an invocation with one unit of work",
  },
  logBytesPerUnit: { value: 600, unit: "bytes a unit of work", source: "docs/cost.md, as above" },
  connectionSeconds: {
    value: 6_257,
    unit: "seconds from one connection of a client to the next",
    source: "docs/cost.md: 420 reconnects a month",
  },
  heartbeatSeconds: {
    value: 221,
    unit: "seconds between the PINGs of a quiet client",
    source: "docs/cost.md: 11,880 PINGs a month",
  },
};

export type ModelName =
  | "accountPostsPerSecond"
  | "accountBurstSeconds"
  | "newConnectionsPerSecond"
  | "partitionReadUnits"
  | "partitionWriteUnits"
  | "tableReadUnits"
  | "tableWriteUnits"
  | "queryBytes"
  | "storageCallMs"
  | "queryMsPerMegabyte"
  | "throttledPauseMs"
  | "storageTries"
  | "queueSendMs"
  | "queueToFunctionMs"
  | "inFlightMessages"
  | "batchesAtFirst"
  | "batchesPerMinute"
  | "concurrentExecutions"
  | "coldStartMs"
  | "batchSize"
  | "functionTimeoutMs"
  | "functionMemoryMb"
  | "visibilityMs"
  | "logBytesPerInvocation"
  | "logBytesPerUnit"
  | "connectionSeconds"
  | "heartbeatSeconds";

/** The times of AWS's services. The local stack has others. */
export interface Timings {
  storageCallMs: number;
  queryMsPerMegabyte: number;
  queueSendMs: number;
  queueToFunctionMs: number;
  /** 0: the function's environments have started before. */
  coldStartMs: number;
}

/** What of the model can be set, because it depends on who asks. */
export interface SimulateSettings {
  subscribers: number;
  publications: number;
  publicationsPerSecond: number;
  /** The size of each event's data. */
  bytes: number;
  /** The account's requests a second that posts may take. */
  accountRate: number;
  /** The posts a second that all workers together keep to. Absent: they learn the account's rate. */
  postCeiling: number | undefined;
  /** The maximum concurrency of the fan-out function. */
  workers: number;
  /** The share of posts that return 500. */
  failures: number;
  /** The average time until a post has its response. */
  postMs: number;
  /** What a post takes of a worker's CPU. */
  postCpuMicros: number;
  partSize: number;
  /** Over how many keys of the index the topic's subscriptions are spread. */
  shards: number;
  seed: number;
  timings: Timings;
}

export const DEFAULTS: Readonly<SimulateSettings> = {
  subscribers: 100_000,
  publications: 1,
  publicationsPerSecond: 1,
  bytes: 500,
  accountRate: MODEL.accountPostsPerSecond.value,
  postCeiling: undefined,
  // stacks/settings.ts, of production
  workers: 4,
  failures: 0,
  // Assumed: AWS publishes no latency of posts
  postMs: 20,
  // docs/benchmarks.md: one publish to 100,000
  postCpuMicros: 75,
  partSize: 1_000,
  shards: 1,
  seed: 1,
  timings: {
    storageCallMs: MODEL.storageCallMs.value,
    queryMsPerMegabyte: MODEL.queryMsPerMegabyte.value,
    queueSendMs: MODEL.queueSendMs.value,
    queueToFunctionMs: MODEL.queueToFunctionMs.value,
    coldStartMs: MODEL.coldStartMs.value,
  },
};
