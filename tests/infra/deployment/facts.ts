/** Reads what CloudFormation, Terraform and Pulumi name alike, once the case of their names is the same. */
import { type Condition, limitOf, tlsOnlyQueue } from "./conditions.ts";
import {
  type AlarmFacts,
  comparedEnvironment,
  type Deployment,
  type FunctionFacts,
  type Grant,
  recursiveLoopOf,
} from "./deployment.ts";
import { at, fieldsAt, isFields, listAt, numberAt, textAt, textsAt, type Value } from "./value.ts";

/** Returns what a reference points at, by the name that all deployments have in common. */
export type Named = (reference: string) => string;

/** `MemorySize` of CloudFormation and `memory_size` of Terraform become `memorySize`, as Pulumi writes it. */
export function camelCaseNames(value: Value): Value {
  if (Array.isArray(value)) return value.map(camelCaseNames);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [toCamelCase(name), camelCaseNames(inner)]),
  );
}

/** Names of environment variables stay as they are. */
const toCamelCase = (name: string): string =>
  name
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())
    .replace(/(?<=[a-z0-9])_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Returns a group of settings. Terraform has a list of one in its place. */
export const block = (of: Value, name: string): Value => listAt(of, name)[0];

export const mappingFacts = (mapping: Value, named: Named): Deployment["mapping"] => ({
  from: named(textAt(mapping, "eventSourceArn")),
  to: named(textAt(mapping, "functionName")),
  batchSize: numberAt(mapping, "batchSize"),
  windowSeconds: numberAt(mapping, "maximumBatchingWindowInSeconds"),
  maximumConcurrency: numberAt(block(mapping, "scalingConfig"), "maximumConcurrency"),
  responseTypes: textsAt(mapping, "functionResponseTypes"),
});

/** The variables of a function's environment. */
export const variablesOf = (fn: Value): Record<string, Value> =>
  fieldsAt(block(fn, "environment"), "variables");

interface FunctionParts {
  fn: Value;
  logGroup: Value;
  /** The policy that says who may take the function's role. */
  trust: Value;
  /** What says whether Lambda lets the function queue messages for itself. Absent if nothing does. */
  recursion: Value;
}

export const functionFacts = ({
  fn,
  logGroup,
  trust,
  recursion,
}: FunctionParts): Omit<FunctionFacts, "configuration"> => ({
  runtime: textAt(fn, "runtime"),
  architectures: textsAt(fn, "architectures"),
  memoryMb: numberAt(fn, "memorySize"),
  timeoutSeconds: numberAt(fn, "timeout"),
  // Lambda's default
  tracing: String(at(block(fn, "tracingConfig"), "mode") ?? "PassThrough"),
  logging: {
    format: textAt(block(fn, "loggingConfig"), "logFormat"),
    application: textAt(block(fn, "loggingConfig"), "applicationLogLevel"),
    system: textAt(block(fn, "loggingConfig"), "systemLogLevel"),
  },
  recursiveLoop: recursiveLoopOf(recursion === undefined ? undefined : at(recursion, "recursiveLoop")),
  logRetentionDays: numberAt(logGroup, "retentionInDays"),
  environment: comparedEnvironment(variablesOf(fn)),
  trustedService: textAt(camelCaseNames(trust), "statement", 0, "principal", "service"),
});

/** Terraform and Pulumi name the table's settings alike. CloudFormation has others. */
export const tableFacts = (table: Value, indexes: readonly Value[]): Deployment["table"] => ({
  hashKey: textAt(table, "hashKey"),
  rangeKey: textAt(table, "rangeKey"),
  billing: textAt(table, "billingMode"),
  indexes: indexes.map((index) => ({
    name: textAt(index, "name"),
    hashKey: textAt(index, "hashKey"),
    projection: textAt(index, "projectionType"),
  })),
  ttlAttribute: textAt(block(table, "ttl"), "attributeName"),
  pointInTimeRecovery: at(block(table, "pointInTimeRecovery"), "enabled") === true,
  deletionProtection: at(table, "deletionProtectionEnabled") === true,
});

interface QueueParts {
  fanoutQueue: Value;
  deadLetterQueue: Value;
  redrive: Value;
  redriveAllow: Value;
  fanoutPolicy: Value;
  deadLetterPolicy: Value;
}

/** The setting in seconds or bytes: CloudFormation's name for it, or that of Terraform and Pulumi. */
const either = (of: Value, ...names: readonly string[]): number =>
  numberAt(of, names.find((name) => at(of, name) !== undefined) ?? "");

export function queueFacts(
  { fanoutQueue, deadLetterQueue, redrive, redriveAllow, fanoutPolicy, deadLetterPolicy }: QueueParts,
  named: Named,
): Pick<Deployment, "fanoutQueue" | "deadLetterQueue"> {
  const common = (queue: Value, policy: Value) => ({
    maxMessageBytes: either(queue, "maximumMessageSize", "maxMessageSize"),
    encrypted: at(queue, "sqsManagedSseEnabled") === true,
    tlsOnly: tlsOnlyQueue(camelCaseNames(policy), named),
  });
  return {
    fanoutQueue: {
      ...common(fanoutQueue, fanoutPolicy),
      visibilityTimeoutSeconds: either(fanoutQueue, "visibilityTimeout", "visibilityTimeoutSeconds"),
      maxReceiveCount: numberAt(redrive, "maxReceiveCount"),
    },
    deadLetterQueue: {
      ...common(deadLetterQueue, deadLetterPolicy),
      retentionSeconds: either(deadLetterQueue, "messageRetentionPeriod", "messageRetentionSeconds"),
      redrivePermission: textAt(redriveAllow, "redrivePermission"),
      takesFrom: textsAt(redriveAllow, "sourceQueueArns").map(named),
    },
  };
}

/** An alarm on a ratio of two metrics has neither a namespace nor dimensions nor a statistic. */
export const alarmFacts = (alarm: Value, dimensions: readonly Value[], named: Named): AlarmFacts => ({
  metric: `${at(alarm, "namespace")} ${at(alarm, "metricName")}`,
  of: dimensions.map(String).map(named).join(),
  statistic: String(at(alarm, "statistic")),
  threshold: numberAt(alarm, "threshold"),
  evaluationPeriods: numberAt(alarm, "evaluationPeriods"),
  periodSeconds: numberAt(alarm, "period"),
  comparison: textAt(alarm, "comparisonOperator"),
  missingData: textAt(alarm, "treatMissingData"),
});

/** The statements of a policy, one grant for each resource. */
export const grantsFor = (
  who: string,
  statements: readonly { actions: string[]; resources: string[]; conditions?: readonly Condition[] }[],
  named: Named,
): Grant[] =>
  statements.flatMap(({ actions, resources, conditions = [] }) =>
    resources.map((resource) => ({ who, on: `${named(resource)}${limitOf(conditions)}`, actions })),
  );
