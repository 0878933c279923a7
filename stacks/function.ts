import { METRICS_NAMESPACE } from "../packages/pubsub/src/observe/metric-names.ts";
import { logPermissions, type Permission, tracePermissions } from "./permissions.ts";
import { serviceName } from "./service.ts";
import type { Settings } from "./settings.ts";

export interface PubsubFunctionArgs {
  handler: string;
  memoryMb: number;
  timeoutSeconds: number;
  link: object[];
  permissions: Permission[];
  settings: Settings;
}

export interface PubsubFunction {
  fn: sst.aws.Function;
  logs: aws.cloudwatch.LogGroup;
}

/** One of the functions: a log group and a role of its own, and nothing that it was not given. */
export function PubsubFunction(name: string, args: PubsubFunctionArgs): PubsubFunction {
  const { handler, memoryMb, timeoutSeconds, link, permissions, settings } = args;
  const { logLevel, logRetentionDays, tracing } = settings;
  // Made here, not by the function, so that the role can name it
  const logs = new aws.cloudwatch.LogGroup(`${name}Logs`, {
    name: `/${$app.name}/${$app.stage}/${name.toLowerCase()}`,
    retentionInDays: logRetentionDays,
  });
  const fn = new sst.aws.Function(name, {
    handler,
    link,
    permissions: [...permissions, logPermissions(logs), ...(tracing ? [tracePermissions()] : [])],
    runtime: "nodejs24.x",
    // A fifth cheaper a millisecond
    architecture: "arm64",
    memory: `${memoryMb} MB`,
    timeout: `${timeoutSeconds} seconds`,
    nodejs: {
      format: "esm",
      minify: true,
      // From the library's source, or a deployment would ship whatever was built last. "module" is esbuild's own
      // default, which naming any condition drops: without it the AWS SDK comes in as CommonJS, a third larger
      esbuild: { conditions: ["pubsub-source", "module"] },
    },
    logging: { logGroup: logs.name },
    environment: {
      POWERTOOLS_SERVICE_NAME: serviceName(),
      POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
      POWERTOOLS_LOG_LEVEL: logLevel,
      POWERTOOLS_TRACE_ENABLED: String(tracing),
    },
    transform: {
      role: (role) => {
        role.managedPolicyArns = [];
        role.assumeRolePolicy = LAMBDA_ONLY;
      },
      function: (lambda) => {
        if (tracing) lambda.tracingConfig = { mode: "Active" };
      },
    },
  });
  return { fn, logs };
}

/**
 * SST lets the whole account assume a function's role, on every stage: it means to on `sst dev` alone, and even
 * there the function's process gets its credentials from the Lambda that stands in for it.
 */
const LAMBDA_ONLY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
