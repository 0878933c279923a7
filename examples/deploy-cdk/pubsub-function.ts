import { fileURLToPath } from "node:url";
import { type Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { type PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  ApplicationLogLevel,
  Architecture,
  LoggingFormat,
  type RecursiveLoop,
  Runtime,
  SystemLogLevel,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { allow } from "./permissions.ts";

export interface PubsubFunctionProps {
  environment: Record<string, string>;
  memorySize: number;
  timeout: Duration;
  permissions: PolicyStatement[];
  /** Only what publishes or delivers reports to a trace. CDK adds the two actions of X-Ray. */
  traced: boolean;
  /** Lambda's default is to terminate recursive loops. */
  recursiveLoop?: RecursiveLoop;
}

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** One of the functions, with its own role and log group. Only permissions.ts grants it permissions. */
export function pubsubFunction(
  scope: Construct,
  name: "websocket" | "fanout" | "publish",
  { environment, memorySize, timeout, permissions, traced, recursiveLoop }: PubsubFunctionProps,
): NodejsFunction {
  const logGroup = new LogGroup(scope, `${name}-logs`, {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, `${name}-role`, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  const logs = allow(logGroup.logGroupArn, "logs:CreateLogStream", "logs:PutLogEvents");
  for (const statement of [...permissions, logs]) role.addToPolicy(statement);
  return new NodejsFunction(scope, name, {
    entry: path(`functions/${name}.ts`),
    depsLockFilePath: path("package-lock.json"),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize,
    timeout,
    recursiveLoop,
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    // Not higher: Lambda takes the lines of metrics for INFO
    applicationLogLevelV2: ApplicationLogLevel.INFO,
    // No lines of Lambda's own for invocations that succeed
    systemLogLevelV2: SystemLogLevel.WARN,
    tracing: traced ? Tracing.ACTIVE : Tracing.DISABLED,
    awsSdkConnectionReuse: false,
    // ECMAScript modules first: otherwise the bundle contains the AWS SDK as CommonJS, which is half as large again
    bundling: { minify: true, mainFields: ["module", "main"], bundleAwsSDK: true },
    environment: {
      ...environment,
      POWERTOOLS_SERVICE_NAME: Stack.of(scope).stackName,
      POWERTOOLS_METRICS_NAMESPACE: "LambdaWebsocketPubsub",
      POWERTOOLS_LOG_LEVEL: "INFO",
      POWERTOOLS_TRACE_ENABLED: String(traced),
    },
  });
}
