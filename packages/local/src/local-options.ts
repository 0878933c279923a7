import {
  batchSizeRule,
  batchWindowRule,
  checkBatchWindow,
  mappingConcurrencyRule,
  type RecursiveLoop,
  recursiveLoopRule,
} from "./event-source-mapping/mapping-options.ts";
import {
  type FunctionOptions,
  type FunctionPaths,
  type FunctionSettings,
  type FunctionSizeOptions,
  functionMemory,
  functionPaths,
  functionRules,
  functionTimeout,
  type HttpFunctionOptions,
  httpFunctionRules,
  messageFunctionRules,
  messageFunctionSettings,
} from "./function-options.ts";
import type { FunctionUrlAuthType } from "./function-url/index.ts";
import type { GatewayOptions } from "./gateway/index.ts";
import { latencyRule } from "./gateway/post-latency.ts";
import type { LocalEnv } from "./local-env.ts";
import type { LocalLogSource } from "./local-log.ts";
import { checkOptions, invalidOption } from "./options/check-options.ts";
import {
  anyObject,
  callable,
  flag,
  httpUrl,
  type OptionRules,
  port,
  portChoice,
  text,
  textRecord,
  wholeNumber,
} from "./options/option-rules.ts";
import type { PortChoice } from "./ports.ts";
import { logToStandardError } from "./shown-log.ts";
import { allowedHostsRule, allowedOriginsRule } from "./web-guard.ts";

type LocalGatewayOptions = Pick<
  GatewayOptions,
  "limits" | "postLatencyMs" | "closeEveryResponses" | "httpIdleMs" | "onPost"
>;

export interface LocalOptions {
  /** The address that all servers listen on. Default 127.0.0.1. */
  host?: string;
  /**
   * Names that the Host header may have, besides localhost, addresses and `host`. For callers that reach this machine by
   * a name, such as `host.docker.internal`. Every other name is refused, because of DNS rebinding.
   */
  allowedHosts?: readonly string[];
  /**
   * Origins whose pages may open a WebSocket, besides all of this machine, such as `https://app.example:8443`. No page
   * may call the other ports.
   */
  allowedOrigins?: readonly string[];
  /**
   * Ports from 1 to 65535. Default: free ports. `inspector` only with the option of that name; `{ prefer: 3003 }` is that
   * port, or a free one if it is in use.
   */
  ports?: { gateway?: number; dynamodb?: number; sqs?: number; http?: number; inspector?: PortChoice };
  /** Whether to serve the page that shows topics, publications, dead letters and health. Default false. */
  inspector?: boolean;
  /** The AWS region of the stack's resources. Default us-east-1. */
  region?: string;
  /** The table that the stack creates. Default pubsub-local. */
  tableName?: string;
  /**
   * The URL of a DynamoDB Local that is running already. The stack creates only the table in it, and leaves it running.
   * Calls still go through an address of the stack, which counts them. Default: the stack starts its own DynamoDB
   * Local.
   */
  dynamodbEndpoint?: string;
  /**
   * Your own functions: paths of TypeScript or JavaScript modules that export `handler`, or `path#name` for a handler
   * with another name. Default: functions that use the library's own handlers.
   */
  functions?: FunctionOptions;
  /**
   * Variables to add to the environment of all functions. If you give a function, it gets the variables that the stack
   * sets (`PUBSUB_TABLE_NAME`, `PUBSUB_QUEUE_URL`, …) and can return them under names of your own.
   */
  functionEnv?: Record<string, string> | ((stackEnv: Readonly<LocalEnv>) => Record<string, string>);
  /** Limits, latency, the life of HTTP connections, and an observer of the gateway's posts. */
  gateway?: LocalGatewayOptions;
  /** The WebSocket function. Defaults: 1,024 MB, 10,000 ms, 4 invocations at a time. */
  websocket?: FunctionSizeOptions;
  /** The publish function. The same defaults. */
  publish?: FunctionSizeOptions;
  /** The HTTP function and its URL. The same defaults. Only with `functions.http`. */
  http?: HttpFunctionOptions;
  /** The fan-out function and its event source mapping. */
  fanout?: {
    /** Default 1,769, which is one vCPU on Lambda. */
    memoryMb?: number;
    /** Default 20,000. */
    timeoutMs?: number;
    /** Messages in a batch, 1 to 10,000. Default 10. */
    batchSize?: number;
    /** How long a batch waits to fill up after its first message, 0 to 300,000. Default 0. */
    batchWindowMs?: number;
    /** Batches that run at a time. Default 2. */
    maximumConcurrency?: number;
    /** ReportBatchItemFailures of the queue's mapping; the handler's option must match. Default true. */
    partialBatchResponses?: boolean;
    /**
     * Lambda's detection of recursive loops. `Terminate`, the default: a chain of messages that the function queues for
     * itself ends after 16 invocations. `Allow`: it does not.
     */
    recursiveLoop?: RecursiveLoop;
  };
  /**
   * The fan-out queue. `visibilityTimeoutSeconds` is by default six times the fan-out function's timeout, as AWS
   * advises. After `maxReceiveCount` receives, default 5, a message moves to the dead-letter queue.
   */
  queue?: { visibilityTimeoutSeconds?: number; maxReceiveCount?: number };
  /** Receives each line that the functions and the stack log. Default: warnings and errors go to standard error. */
  onLog?(line: string, source: LocalLogSource): void;
}

export interface LocalSettings {
  host: string;
  allowedHosts: readonly string[];
  allowedOrigins: readonly string[];
  ports: { gateway?: number; dynamodb?: number; sqs?: number; http?: number; inspector?: PortChoice };
  inspector: boolean;
  region: string;
  tableName: string;
  dynamodbEndpoint: string | undefined;
  functions: FunctionPaths;
  functionEnv: (stackEnv: Readonly<LocalEnv>) => Record<string, string>;
  gateway: LocalGatewayOptions;
  websocket: FunctionSettings;
  publish: FunctionSettings;
  http: FunctionSettings & { authType: FunctionUrlAuthType };
  fanout: FunctionSettings & {
    batchSize: number;
    batchWindowMs: number;
    partialBatchResponses: boolean;
    recursiveLoop: RecursiveLoop;
  };
  queue: { visibilityTimeoutSeconds: number; maxReceiveCount: number };
  onLog: (line: string, source: LocalLogSource) => void;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const ONE_VCPU_MB = 1_769;

const rules: OptionRules = {
  host: text,
  ports: { group: { gateway: port, dynamodb: port, sqs: port, http: port, inspector: portChoice } },
  inspector: flag,
  allowedHosts: allowedHostsRule,
  allowedOrigins: allowedOriginsRule,
  region: text,
  tableName: {
    expected: "3 to 255 letters, digits, dots, underscores and hyphens",
    accepts: (value) => typeof value === "string" && /^[\w.-]{3,255}$/.test(value),
  },
  dynamodbEndpoint: httpUrl,
  functions: functionRules,
  functionEnv: {
    expected: "an object of strings, or a function that returns one",
    accepts: (value) => typeof value === "function" || textRecord.accepts(value),
  },
  gateway: {
    group: {
      limits: anyObject,
      postLatencyMs: latencyRule(60_000),
      closeEveryResponses: wholeNumber(0),
      httpIdleMs: wholeNumber(1, 600_000),
      onPost: callable,
    },
  },
  websocket: messageFunctionRules,
  publish: messageFunctionRules,
  http: httpFunctionRules,
  fanout: {
    group: {
      memoryMb: functionMemory,
      timeoutMs: functionTimeout,
      batchSize: batchSizeRule,
      batchWindowMs: batchWindowRule,
      maximumConcurrency: mappingConcurrencyRule,
      partialBatchResponses: flag,
      recursiveLoop: recursiveLoopRule,
    },
  },
  queue: {
    group: { visibilityTimeoutSeconds: wholeNumber(0, 43_200), maxReceiveCount: wholeNumber(1, 1_000) },
  },
  onLog: callable,
};

/** Checks the options and fills in every default. */
export function resolveLocalOptions(options: LocalOptions): LocalSettings {
  checkOptions("startLocal", options, rules);
  assertHttpIsUsed(options);
  assertInspectorIsUsed(options);
  const { fanout = {}, queue = {}, functionEnv = {} } = options;
  const fanoutTimeoutMs = fanout.timeoutMs ?? 20_000;
  const settings: LocalSettings = {
    host: options.host ?? "127.0.0.1",
    allowedHosts: options.allowedHosts ?? [],
    allowedOrigins: options.allowedOrigins ?? [],
    ports: options.ports ?? {},
    inspector: options.inspector ?? false,
    region: options.region ?? "us-east-1",
    tableName: options.tableName ?? "pubsub-local",
    dynamodbEndpoint: options.dynamodbEndpoint,
    functions: functionPaths(options.functions ?? {}),
    functionEnv: typeof functionEnv === "function" ? functionEnv : () => functionEnv,
    gateway: options.gateway ?? {},
    websocket: messageFunctionSettings(options.websocket),
    publish: messageFunctionSettings(options.publish),
    http: { ...messageFunctionSettings(options.http), authType: options.http?.authType ?? "AWS_IAM" },
    fanout: {
      memoryMb: fanout.memoryMb ?? ONE_VCPU_MB,
      timeoutMs: fanoutTimeoutMs,
      batchSize: fanout.batchSize ?? 10,
      batchWindowMs: fanout.batchWindowMs ?? 0,
      maximumConcurrency: fanout.maximumConcurrency ?? 2,
      partialBatchResponses: fanout.partialBatchResponses ?? true,
      recursiveLoop: fanout.recursiveLoop ?? "Terminate",
    },
    queue: {
      visibilityTimeoutSeconds: queue.visibilityTimeoutSeconds ?? Math.ceil((6 * fanoutTimeoutMs) / 1_000),
      maxReceiveCount: queue.maxReceiveCount ?? 5,
    },
    onLog: options.onLog ?? logToStandardError,
  };
  checkBatchWindow("fanout.batchWindowMs", settings.fanout);
  return settings;
}

/** Whoever sets the function URL's options and gets none would look for the mistake elsewhere. */
function assertHttpIsUsed({ functions, http, ports }: LocalOptions): void {
  if (functions?.http !== undefined) return;
  const [option, value] = http === undefined ? ["ports.http", ports?.http] : ["http", http];
  if (value !== undefined) throw invalidOption(option, "needs functions.http", value);
}

function assertInspectorIsUsed({ inspector, ports }: LocalOptions): void {
  if (inspector === true || ports?.inspector === undefined) return;
  throw invalidOption("ports.inspector", "needs inspector: true", ports.inspector);
}
