import { type Resource, resourcesOf } from "./cloudformation.ts";
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
import { at, fieldsAt, listAt, numberAt, textAt, textsAt, type Value } from "./value.ts";

const API = "arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:";
const HOST = ".execute-api.<AWS::Region>.<AWS::URLSuffix>";
const QUEUE = "arn:<AWS::Partition>:sqs:<AWS::Region>:<AWS::AccountId>:";

/** Reads what a CloudFormation template deploys: the hand-written template for SAM, or the CDK's. */
export function deploymentFromCloudFormation(template: Value): Deployment {
  const found = find(resourcesOf(template));
  const { all, table, mapping, stage, named } = found;
  return {
    table: tableFacts(table.properties),
    ...queues(found),
    functions: { websocket: functionFacts(found, "websocket"), fanout: functionFacts(found, "fanout") },
    mapping: {
      from: named(textAt(mapping, "EventSourceArn")),
      to: named(textAt(mapping, "FunctionName")),
      batchSize: numberAt(mapping, "BatchSize"),
      windowSeconds: numberAt(mapping, "MaximumBatchingWindowInSeconds"),
      maximumConcurrency: numberAt(mapping, "ScalingConfig", "MaximumConcurrency"),
      responseTypes: textsAt(mapping, "FunctionResponseTypes"),
    },
    routes: Object.fromEntries(
      all("ApiGatewayV2::Route").map(({ properties }) => [
        textAt(properties, "RouteKey"),
        named(textAt(properties, "Target")),
      ]),
    ),
    autoDeploy: stage.AutoDeploy === true,
    grants: grantLines([
      ...functionGrants(found, "websocket"),
      ...functionGrants(found, "fanout"),
      ...grantsOf(found, "a producer", listAt(found.producer, "PolicyDocument", "Statement")),
    ]),
    alarms: Object.fromEntries(
      all("CloudWatch::Alarm").map(({ id, properties }) => [
        id.replace(/Alarm.*$/, ""),
        alarmFacts(properties, named),
      ]),
    ),
  };
}

type Found = ReturnType<typeof find>;

/** Finds the resources by their purpose, and the names of the resources that references point at. */
function find(resources: Resource[]) {
  const all = (type: string): Resource[] => resources.filter((resource) => resource.type === `AWS::${type}`);
  const one = (type: string, fits: (resource: Resource) => boolean = () => true): Resource => {
    const [found, ...more] = all(type).filter(fits);
    if (found && more.length === 0) return found;
    const ids = all(type).map(({ id }) => id);
    throw new Error(
      `expected exactly one matching AWS::${type}; the template has ${ids.join(", ") || "none"}`,
    );
  };
  const table = one("DynamoDB::Table");
  const fanoutQueue = one("SQS::Queue", ({ properties }) => properties.RedrivePolicy !== undefined);
  const deadLetterQueueId = idIn(at(fanoutQueue.properties, "RedrivePolicy", "deadLetterTargetArn"));
  const deadLetterQueue = one("SQS::Queue", ({ id }) => id === deadLetterQueueId);
  const { properties: mapping } = one("Lambda::EventSourceMapping");
  const { properties: stage } = one("ApiGatewayV2::Stage");
  const { id: apiId } = one("ApiGatewayV2::Api");
  const integration = one("ApiGatewayV2::Integration");
  const uri = textAt(integration.properties, "IntegrationUri");
  const functionIds: Record<FunctionName, string> = {
    websocket: /functions\/<([^.>]+)\.Arn>\/invocations$/.exec(uri)?.[1] ?? uri,
    fanout: idIn(mapping.FunctionName),
  };
  const stageName = textAt(stage, "StageName");
  const names = new Map([
    [`<${table.id}>`, "table"],
    [`<${table.id}.Arn>`, "table"],
    [`<${table.id}.Arn>/index/SecondaryIndex`, "index"],
    [`<${fanoutQueue.id}>`, "fan-out queue"],
    [`<${fanoutQueue.id}.Arn>`, "fan-out queue"],
    [`<${fanoutQueue.id}.QueueName>`, "fan-out queue"],
    [`${QUEUE}${at(fanoutQueue.properties, "QueueName")}`, "fan-out queue"],
    [`<${deadLetterQueue.id}.Arn>`, "dead-letter queue"],
    [`<${deadLetterQueue.id}.QueueName>`, "dead-letter queue"],
    [`<${functionIds.fanout}>`, "fanout"],
    [`<${functionIds.websocket}>`, "websocket"],
    [`integrations/<${integration.id}>`, "websocket"],
    [`${API}<${apiId}>/${stageName}/POST/@connections/*`, "connections of the stage"],
    [`https://<${apiId}>${HOST}/${stageName}`, "management endpoint"],
    ["*", X_RAY],
  ]);
  return {
    all,
    one,
    table,
    fanoutQueue,
    deadLetterQueue,
    mapping,
    stage,
    functionIds,
    producer: one("IAM::ManagedPolicy").properties,
    named: (reference: string): string => names.get(reference) ?? reference,
  };
}

const idIn = (reference: Value): string => /^<([^.>]+)/.exec(String(reference))?.[1] ?? String(reference);

const keyOf = (schema: Value, type: string): string =>
  textAt(
    listAt(schema, "KeySchema").find((key) => at(key, "KeyType") === type),
    "AttributeName",
  );

const tableFacts = (table: Value): Deployment["table"] => ({
  hashKey: keyOf(table, "HASH"),
  rangeKey: keyOf(table, "RANGE"),
  billing: textAt(table, "BillingMode"),
  indexes: listAt(table, "GlobalSecondaryIndexes").map((index) => ({
    name: textAt(index, "IndexName"),
    hashKey: keyOf(index, "HASH"),
    projection: textAt(index, "Projection", "ProjectionType"),
  })),
  ttlAttribute: textAt(table, "TimeToLiveSpecification", "AttributeName"),
  pointInTimeRecovery: at(table, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") === true,
  deletionProtection: at(table, "DeletionProtectionEnabled") === true,
});

function queues({
  fanoutQueue: { properties: fanoutQueue },
  deadLetterQueue: { properties: deadLetterQueue },
  named,
}: Found): Pick<Deployment, "fanoutQueue" | "deadLetterQueue"> {
  const common = (queue: Value) => ({
    maxMessageBytes: numberAt(queue, "MaximumMessageSize"),
    encrypted: at(queue, "SqsManagedSseEnabled") === true,
  });
  return {
    fanoutQueue: {
      ...common(fanoutQueue),
      visibilityTimeoutSeconds: numberAt(fanoutQueue, "VisibilityTimeout"),
      maxReceiveCount: numberAt(fanoutQueue, "RedrivePolicy", "maxReceiveCount"),
    },
    deadLetterQueue: {
      ...common(deadLetterQueue),
      retentionSeconds: numberAt(deadLetterQueue, "MessageRetentionPeriod"),
      redrivePermission: textAt(deadLetterQueue, "RedriveAllowPolicy", "redrivePermission"),
      takesFrom: textsAt(deadLetterQueue, "RedriveAllowPolicy", "sourceQueueArns").map(named),
    },
  };
}

function partsOf({ one, functionIds }: Found, name: FunctionName) {
  const { properties: fn } = one("Lambda::Function", ({ id }) => id === functionIds[name]);
  return {
    fn,
    role: one("IAM::Role", ({ id }) => id === idIn(fn.Role)),
    logGroup: one("Logs::LogGroup", ({ id }) => id === idIn(at(fn, "LoggingConfig", "LogGroup"))),
  };
}

function functionFacts(found: Found, name: FunctionName): FunctionFacts {
  const { fn, role, logGroup } = partsOf(found, name);
  const variables = fieldsAt(fn, "Environment", "Variables");
  const trust = at(role.properties, "AssumeRolePolicyDocument");
  return {
    runtime: textAt(fn, "Runtime"),
    architectures: textsAt(fn, "Architectures"),
    memoryMb: numberAt(fn, "MemorySize"),
    timeoutSeconds: numberAt(fn, "Timeout"),
    tracing: textAt(fn, "TracingConfig", "Mode"),
    logRetentionDays: numberAt(logGroup.properties, "RetentionInDays"),
    environment: comparedEnvironment(variables),
    configuration: configurationOf(variables, found.named),
    trustedService: textAt(trust, "Statement", 0, "Principal", "Service"),
  };
}

function grantsOf({ named }: Found, who: string, statements: Value[], logGroupId?: string): Grant[] {
  return statements.flatMap((statement) =>
    textsAt(statement, "Resource").map((resource) => ({
      who,
      on: resource === `<${logGroupId}.Arn>` ? "its log group" : named(resource),
      actions: textsAt(statement, "Action"),
    })),
  );
}

function functionGrants(found: Found, name: FunctionName): Grant[] {
  const { role, logGroup } = partsOf(found, name);
  if (role.properties.ManagedPolicyArns !== undefined) throw new Error(`${role.id} has managed policies`);
  const inline = listAt(role.properties, "Policies").map((policy) => at(policy, "PolicyDocument"));
  const attached = found
    .all("IAM::Policy")
    .filter(({ properties }) => textsAt(properties, "Roles").map(idIn).includes(role.id))
    .map(({ properties }) => properties.PolicyDocument);
  const statements = [...inline, ...attached].flatMap((document) => listAt(document, "Statement"));
  return grantsOf(found, name, statements, logGroup.id);
}

const alarmFacts = (alarm: Value, named: Found["named"]): AlarmFacts => ({
  metric: `${at(alarm, "Namespace")} ${at(alarm, "MetricName")}`,
  of: named(textAt(alarm, "Dimensions", 0, "Value")),
  statistic: textAt(alarm, "Statistic"),
  threshold: numberAt(alarm, "Threshold"),
  evaluationPeriods: numberAt(alarm, "EvaluationPeriods"),
  periodSeconds: numberAt(alarm, "Period"),
  comparison: textAt(alarm, "ComparisonOperator"),
  missingData: textAt(alarm, "TreatMissingData"),
});
