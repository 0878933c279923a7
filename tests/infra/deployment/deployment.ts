import type { Value } from "./value.ts";

/**
 * The facts about a deployment, independent of the tool. The tests read them from SST's synthesis, from CloudFormation
 * templates and from Terraform, and compare them.
 */
export interface Deployment {
  table: {
    hashKey: string;
    rangeKey: string;
    billing: string;
    indexes: { name: string; hashKey: string; projection: string }[];
    ttlAttribute: string;
    pointInTimeRecovery: boolean;
    deletionProtection: boolean;
  };
  fanoutQueue: QueueFacts & { visibilityTimeoutSeconds: number; maxReceiveCount: number };
  deadLetterQueue: QueueFacts & { retentionSeconds: number; redrivePermission: string; takesFrom: string[] };
  /** `publish` only where clients may publish. */
  functions: Partial<Record<FunctionName, FunctionFacts>>;
  mapping: {
    from: string;
    to: string;
    batchSize: number;
    windowSeconds: number;
    maximumConcurrency: number;
    responseTypes: string[];
  };
  /** The function that handles each route. */
  routes: Record<string, string>;
  autoDeploy: boolean;
  grants: string[];
  /** The alarms by their metric. */
  alarms: Record<string, AlarmFacts>;
}

export type FunctionName = "websocket" | "fanout" | "publish";

interface QueueFacts {
  maxMessageBytes: number;
  encrypted: boolean;
  /** The name of the queue whose policy refuses every request without TLS. */
  tlsOnly: string;
}

export interface FunctionFacts {
  runtime: string;
  architectures: string[];
  memoryMb: number;
  timeoutSeconds: number;
  tracing: string;
  /** Lambda's format and levels. */
  logging: { format: string; application: string; system: string };
  recursiveLoop: RecursiveLoop;
  logRetentionDays: number;
  /** The variables of Powertools, without the service's name. */
  environment: Record<string, string>;
  /** The resources, the logs and the share of the posts in the library's configuration. */
  configuration: {
    table: string;
    queue: string;
    managementEndpoint: string;
    logDeliveries: string;
    maxPostsPerSecond: number;
  };
  trustedService: string;
}

export type RecursiveLoop = "Allow" | "Terminate";

/**
 * Reads what a tool sets. A function without the setting has Lambda's default:
 * https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionRecursionConfig.html
 */
export function recursiveLoopOf(setting: Value): RecursiveLoop {
  if (setting === undefined) return "Terminate";
  if (setting === "Allow" || setting === "Terminate") return setting;
  throw new Error(`recursiveLoop must be Allow or Terminate; got ${JSON.stringify(setting)}`);
}

export interface AlarmFacts {
  metric: string;
  of: string;
  statistic: string;
  threshold: number;
  evaluationPeriods: number;
  periodSeconds: number;
  comparison: string;
  missingData: string;
}

export interface Grant {
  who: string;
  /** The resource, and the rows of it if a condition limits the grant to some. */
  on: string;
  actions: string[];
}

export const X_RAY = "X-Ray, while tracing";

/** Returns one line for each grant, sorted, so that two deployments can be compared. */
export const grantLines = (grants: readonly Grant[]): string[] =>
  grants.map(({ who, on, actions }) => `${who} | ${on} | ${actions.toSorted().join(" ")}`).toSorted();

/** Reads the variables that functions/config.ts and the examples' use. */
export const configurationOf = (
  variables: Record<string, unknown>,
  named: (reference: string) => string,
): FunctionFacts["configuration"] => ({
  table: named(String(variables.PUBSUB_TABLE_NAME)),
  queue: named(String(variables.PUBSUB_QUEUE_URL)),
  managementEndpoint: named(String(variables.PUBSUB_MANAGEMENT_ENDPOINT)),
  logDeliveries: String(variables.PUBSUB_LOG_DELIVERIES),
  maxPostsPerSecond: Number(variables.PUBSUB_MAX_POSTS_PER_SECOND),
});

const COMPARED = ["POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL", "POWERTOOLS_TRACE_ENABLED"];

export const comparedEnvironment = (variables: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(COMPARED.map((name) => [name, String(variables[name])]));
