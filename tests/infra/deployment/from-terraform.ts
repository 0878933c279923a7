import {
  type AlarmFacts,
  comparedEnvironment,
  configurationOf,
  type Deployment,
  type FunctionFacts,
  type FunctionName,
  type Grant,
  grantLines,
  X_RAY,
} from "./deployment.ts";
import type { Configuration } from "./terraform.ts";
import { at, type Fields, fieldsAt, listAt, numberAt, textAt, textsAt, type Value } from "./value.ts";

/** Reads what examples/deploy-terraform deploys. */
export function deploymentFromTerraform({ one }: Configuration): Deployment {
  const mapping = one("aws_lambda_event_source_mapping.fanout");
  const stage = one("aws_apigatewayv2_stage.websocket");
  const named = namesOf(textAt(stage, "name"));
  const route = one("aws_apigatewayv2_route.websocket");
  const integration = one("aws_apigatewayv2_integration.websocket");
  const isToIntegration =
    route.target === `integrations/${reference("aws_apigatewayv2_integration.websocket.id")}`;
  const answers = isToIntegration ? named(textAt(integration, "integration_uri")) : "nothing";
  const alarm = one("aws_cloudwatch_metric_alarm.pubsub");
  return {
    table: tableFacts(one("aws_dynamodb_table.pubsub")),
    ...queues(one, named),
    functions: {
      websocket: functionFacts(one, named, "websocket"),
      fanout: functionFacts(one, named, "fanout"),
    },
    mapping: {
      from: named(textAt(mapping, "event_source_arn")),
      to: named(textAt(mapping, "function_name")),
      batchSize: numberAt(mapping, "batch_size"),
      windowSeconds: numberAt(mapping, "maximum_batching_window_in_seconds"),
      maximumConcurrency: numberAt(block(mapping, "scaling_config"), "maximum_concurrency"),
      responseTypes: textsAt(mapping, "function_response_types"),
    },
    routes: Object.fromEntries(textsAt(route, "for_each").map((key) => [key, answers])),
    autoDeploy: stage.auto_deploy === true,
    grants: grantLines([
      ...functionGrants(one, named, "websocket"),
      ...functionGrants(one, named, "fanout"),
      ...grantsOf(one, named, { who: "a producer", policy: one("aws_iam_policy.producer") }),
    ]),
    alarms: Object.fromEntries(
      Object.entries(fieldsAt(alarm, "for_each")).map(([name, each]) => [
        name.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase()),
        alarmFacts(alarm, each, named),
      ]),
    ),
  };
}

type One = Configuration["one"];
type Named = (reference: string) => string;

/** Returns a reference as Terraform writes it in a text. */
const reference = (to: string): string => `\${${to}}`;
const block = (of: Value, name: string): Value => at(of, name, 0);

function namesOf(stage: string): Named {
  const table = reference("aws_dynamodb_table.pubsub.arn");
  const api = "aws_apigatewayv2_api.websocket";
  const https = reference(`replace(${api}.api_endpoint, "wss://", "https://")`);
  const names = new Map([
    [table, "table"],
    [reference("aws_dynamodb_table.pubsub.name"), "table"],
    [`${table}/index/SecondaryIndex`, "index"],
    ...["arn", "url", "name"].map(
      (of) => [reference(`aws_sqs_queue.fanout.${of}`), "fan-out queue"] as const,
    ),
    ...["arn", "name"].map(
      (of) => [reference(`aws_sqs_queue.dead_letters.${of}`), "dead-letter queue"] as const,
    ),
    [reference("aws_lambda_function.websocket.invoke_arn"), "websocket"],
    ...["arn", "function_name"].flatMap((of) =>
      ["websocket", "fanout"].map((name) => [reference(`aws_lambda_function.${name}.${of}`), name] as const),
    ),
    [`${reference(`${api}.execution_arn`)}/${stage}/POST/@connections/*`, "connections of the stage"],
    [`${https}/${stage}`, "management endpoint"],
    ["*", X_RAY],
  ]);
  return (to) => names.get(to) ?? to;
}

const tableFacts = (table: Value): Deployment["table"] => ({
  hashKey: textAt(table, "hash_key"),
  rangeKey: textAt(table, "range_key"),
  billing: textAt(table, "billing_mode"),
  indexes: listAt(table, "global_secondary_index").map((index) => ({
    name: textAt(index, "name"),
    hashKey: textAt(index, "hash_key"),
    projection: textAt(index, "projection_type"),
  })),
  ttlAttribute: textAt(block(table, "ttl"), "attribute_name"),
  pointInTimeRecovery: at(block(table, "point_in_time_recovery"), "enabled") === true,
  deletionProtection: at(table, "deletion_protection_enabled") === true,
});

function queues(one: One, named: Named): Pick<Deployment, "fanoutQueue" | "deadLetterQueue"> {
  const fanoutQueue = one("aws_sqs_queue.fanout");
  const deadLetterQueue = one("aws_sqs_queue.dead_letters");
  const redriveAllow = at(one("aws_sqs_queue_redrive_allow_policy.dead_letters"), "redrive_allow_policy");
  const common = (queue: Value) => ({
    maxMessageBytes: numberAt(queue, "max_message_size"),
    encrypted: at(queue, "sqs_managed_sse_enabled") === true,
  });
  return {
    fanoutQueue: {
      ...common(fanoutQueue),
      visibilityTimeoutSeconds: numberAt(fanoutQueue, "visibility_timeout_seconds"),
      maxReceiveCount: numberAt(fanoutQueue, "redrive_policy", "maxReceiveCount"),
    },
    deadLetterQueue: {
      ...common(deadLetterQueue),
      retentionSeconds: numberAt(deadLetterQueue, "message_retention_seconds"),
      redrivePermission: textAt(redriveAllow, "redrivePermission"),
      takesFrom: textsAt(redriveAllow, "sourceQueueArns").map(named),
    },
  };
}

/** Returns the address in a reference to an attribute: `aws_iam_role.fanout` for `${aws_iam_role.fanout.arn}`. */
const addressIn = (text: string): string => /^\$\{(.+)\.\w+\}$/.exec(text)?.[1] ?? text;

function functionFacts(one: One, named: Named, name: FunctionName): FunctionFacts {
  const fn = one(`aws_lambda_function.${name}`);
  const variables = fieldsAt(block(fn, "environment"), "variables");
  const role = one(addressIn(textAt(fn, "role")));
  const logGroup = one(addressIn(textAt(block(fn, "logging_config"), "log_group")));
  return {
    runtime: textAt(fn, "runtime"),
    architectures: textsAt(fn, "architectures"),
    memoryMb: numberAt(fn, "memory_size"),
    timeoutSeconds: numberAt(fn, "timeout"),
    tracing: textAt(block(fn, "tracing_config"), "mode"),
    logRetentionDays: numberAt(logGroup, "retention_in_days"),
    environment: comparedEnvironment(variables),
    configuration: configurationOf(variables, named),
    trustedService: textAt(role, "assume_role_policy", "Statement", 0, "Principal", "Service"),
  };
}

interface PolicyOf {
  who: string;
  policy: Fields;
  logGroup?: string;
}

function grantsOf(one: One, named: Named, { who, policy, logGroup }: PolicyOf): Grant[] {
  return listAt(one(addressIn(textAt(policy, "policy"))), "statement").flatMap((statement) =>
    textsAt(statement, "resources").map((resource) => ({
      who,
      on: resource === `${reference(`${logGroup}.arn`)}:*` ? "its log group" : named(resource),
      actions: textsAt(statement, "actions"),
    })),
  );
}

function functionGrants(one: One, named: Named, name: FunctionName): Grant[] {
  const fn = one(`aws_lambda_function.${name}`);
  const policy = one(`aws_iam_role_policy.${name}`);
  if (addressIn(textAt(policy, "role")) !== addressIn(textAt(fn, "role"))) {
    throw new Error(`aws_iam_role_policy.${name} is not for the role of the function`);
  }
  const logGroup = addressIn(textAt(block(fn, "logging_config"), "log_group"));
  return grantsOf(one, named, { who: name, policy, logGroup });
}

const alarmFacts = (alarm: Value, each: Value, named: Named): AlarmFacts => ({
  metric: `${at(each, "namespace")} ${at(each, "metric")}`,
  of: Object.values(fieldsAt(each, "dimensions")).map(String).map(named).join(),
  statistic: textAt(each, "statistic"),
  threshold: numberAt(each, "threshold"),
  evaluationPeriods: numberAt(each, "periods"),
  periodSeconds: numberAt(alarm, "period"),
  comparison: textAt(alarm, "comparison_operator"),
  missingData: textAt(alarm, "treat_missing_data"),
});
