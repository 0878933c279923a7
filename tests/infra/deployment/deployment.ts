/**
 * What a deployment consists of, whatever tool describes it: the same facts are read from SST's synthesis, from
 * CloudFormation templates and from Terraform, so that they can be compared.
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
  functions: Record<FunctionName, FunctionFacts>;
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
  /** By their metric. */
  alarms: Record<string, AlarmFacts>;
}

export type FunctionName = "websocket" | "fanout";

interface QueueFacts {
  maxMessageBytes: number;
  encrypted: boolean;
}

export interface FunctionFacts {
  runtime: string;
  architectures: string[];
  memoryMb: number;
  timeoutSeconds: number;
  tracing: string;
  logRetentionDays: number;
  /** Of Powertools, but for the service's name. */
  environment: Record<string, string>;
  /** What the library's configuration is made of. */
  configuration: { table: string; queue: string; managementEndpoint: string; maxPostsPerSecond: number };
  trustedService: string;
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
  on: string;
  actions: string[];
}

export const X_RAY = "X-Ray, while tracing";

/** Returns a comparable form: sorted, one line each. */
export const grantLines = (grants: readonly Grant[]): string[] =>
  grants.map(({ who, on, actions }) => `${who} | ${on} | ${actions.toSorted().join(" ")}`).toSorted();

/** The settings of a function that is configured correctly, but for its share of the posts. */
export const CONFIGURATION: Omit<FunctionFacts["configuration"], "maxPostsPerSecond"> = {
  table: "table",
  queue: "fan-out queue",
  managementEndpoint: "management endpoint",
};

/** The values of the variables that the examples' functions/config.ts reads. */
export const configurationOf = (
  variables: Record<string, unknown>,
  named: (reference: string) => string,
): FunctionFacts["configuration"] => ({
  table: named(String(variables.PUBSUB_TABLE_NAME)),
  queue: named(String(variables.PUBSUB_QUEUE_URL)),
  managementEndpoint: named(String(variables.PUBSUB_MANAGEMENT_ENDPOINT)),
  maxPostsPerSecond: Number(variables.PUBSUB_MAX_POSTS_PER_SECOND),
});

const COMPARED = ["POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL", "POWERTOOLS_TRACE_ENABLED"];

export const comparedEnvironment = (variables: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(COMPARED.map((name) => [name, String(variables[name])]));
