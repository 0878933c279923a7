import { METRICS_NAMESPACE } from "../packages/pubsub/src/observe/metric-names.ts";
import { logPermissions, type Permission, tracePermissions } from "./permissions.ts";
import { serviceName } from "./service.ts";
import type { Settings } from "./settings.ts";

export interface PubsubFunctionArgs {
  handler: string;
  memoryMb: number;
  timeoutSeconds: number;
  reservedConcurrency: number | undefined;
  /** What functions/config.ts reads, from environment.ts. */
  environment: Record<string, $util.Input<string>>;
  /** What an entry file reads by SST's `Resource`, for example a secret of its `authorize`. Default: nothing. */
  link?: object[];
  permissions: Permission[];
  /** Whether X-Ray traces it. Only code that publishes or delivers reports anything to a trace. */
  traced: boolean;
  settings: Settings;
  /** A URL that invokes the function. Without it, the function has no URL. */
  url?: sst.aws.FunctionArgs["url"];
}

export interface PubsubFunction {
  fn: sst.aws.Function;
  logs: aws.cloudwatch.LogGroup;
}

/** Creates a function with its own log group and its own role, which has only the permissions in `args`. */
export function PubsubFunction(name: string, args: PubsubFunctionArgs): PubsubFunction {
  const {
    handler,
    memoryMb,
    timeoutSeconds,
    reservedConcurrency,
    environment,
    link = [],
    permissions,
  } = args;
  const { traced, settings, url } = args;
  const { logLevel, logRetentionDays } = settings;
  // Created here and not by the function, so that the role can name it
  const logs = new aws.cloudwatch.LogGroup(`${name}Logs`, {
    name: `/${$app.name}/${$app.stage}/${name.toLowerCase()}`,
    retentionInDays: logRetentionDays,
  });
  const fn = new sst.aws.Function(name, {
    handler,
    link,
    permissions: [...permissions, logPermissions(logs), ...(traced ? [tracePermissions()] : [])],
    runtime: "nodejs24.x",
    // Each millisecond costs a fifth less
    architecture: "arm64",
    memory: `${memoryMb} MB`,
    timeout: `${timeoutSeconds} seconds`,
    ...(url !== undefined && { url }),
    ...(reservedConcurrency !== undefined && { concurrency: { reserved: reservedConcurrency } }),
    nodejs: {
      format: "esm",
      minify: true,
      // Without it INIT would parse the SDK, and load the modules of Node that only the SDK imports
      splitting: true,
      // Bundles the library's source. Otherwise a deployment would contain the latest build, which can be old. "module"
      // is esbuild's default, but it is dropped once any condition is named. Without it the AWS SDK is bundled as
      // CommonJS, which is a third larger
      esbuild: { conditions: ["pubsub-source", "module"] },
    },
    logging: { logGroup: logs.name, format: "json" },
    environment: {
      ...environment,
      POWERTOOLS_SERVICE_NAME: serviceName(),
      POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
      POWERTOOLS_LOG_LEVEL: logLevel,
      POWERTOOLS_TRACE_ENABLED: String(traced),
    },
    transform: {
      role: (role) => {
        role.managedPolicyArns = [];
        role.assumeRolePolicy = LAMBDA_ONLY;
      },
      function: (lambda) => {
        lambda.loggingConfig = $output(lambda.loggingConfig).apply((logging) => ({
          logFormat: "JSON",
          ...logging,
          applicationLogLevel: logLevel,
          systemLogLevel: SYSTEM_LOG_LEVEL,
        }));
        if (traced) lambda.tracingConfig = { mode: "Active" };
      },
    },
  });
  return { fn, logs };
}

/**
 * Lambda writes its own lines only of invocations that fail. The lines of those that succeed (START, END, REPORT) are longer
 * than what the functions log, and CloudWatch has their figures as metrics, except the memory used.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
 */
const SYSTEM_LOG_LEVEL = "WARN";

/**
 * Lets only Lambda assume the role. SST would let the whole account assume a function's role, on every stage. It
 * intends this only for `sst dev`, but even there the local process gets its credentials from the Lambda that
 * represents it.
 */
const LAMBDA_ONLY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
