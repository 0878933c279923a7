import { type Resource, resourcesOf } from "./cloudformation.ts";
import { conditionsIn } from "./conditions.ts";
import {
  configurationOf,
  type Deployment,
  type FunctionFacts,
  type FunctionName,
  type Grant,
  grantLines,
  X_RAY,
} from "./deployment.ts";
import {
  alarmFacts,
  camelCaseNames,
  functionFacts,
  grantsFor,
  mappingFacts,
  queueFacts,
  variablesOf,
} from "./facts.ts";
import { at, type Fields, listAt, textAt, textsAt, type Value } from "./value.ts";

const API = "arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:";
const HOST = ".execute-api.<AWS::Region>.<AWS::URLSuffix>";
const QUEUE = "arn:<AWS::Partition>:sqs:<AWS::Region>:<AWS::AccountId>:";

/**
 * Reads what a CloudFormation template deploys, with the resources of the conditions in `on`: the hand-written template for
 * SAM, or the CDK's.
 */
export function deploymentFromCloudFormation(template: Value, on: readonly string[] = []): Deployment {
  const found = find(
    resourcesOf(template, on).map((resource) => ({
      ...resource,
      properties: camelCaseNames(resource.properties) as Fields,
    })),
  );
  const { all, table, mapping, stage, named } = found;
  const names = Object.keys(found.functionIds) as FunctionName[];
  return {
    table: tableOf(table.properties),
    ...queues(found),
    functions: Object.fromEntries(names.map((name) => [name, functionOf(found, name)])),
    mapping: mappingFacts(mapping, named),
    routes: Object.fromEntries(
      all("ApiGatewayV2::Route").map(({ properties }) => [
        textAt(properties, "routeKey"),
        named(textAt(properties, "target")),
      ]),
    ),
    autoDeploy: stage.autoDeploy === true,
    grants: grantLines([
      ...names.flatMap((name) => functionGrants(found, name)),
      ...grantsOf(found, "a producer", listAt(found.producer, "policyDocument", "statement")),
    ]),
    alarms: Object.fromEntries(
      all("CloudWatch::Alarm").map(({ id, properties }) => [
        id.replace(/Alarm.*$/, ""),
        alarmFacts(properties, [textAt(properties, "dimensions", 0, "value")], named),
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
  const fanoutQueue = one("SQS::Queue", ({ properties }) => properties.redrivePolicy !== undefined);
  const deadLetterQueueId = idIn(at(fanoutQueue.properties, "redrivePolicy", "deadLetterTargetArn"));
  const deadLetterQueue = one("SQS::Queue", ({ id }) => id === deadLetterQueueId);
  const { properties: mapping } = one("Lambda::EventSourceMapping");
  const { properties: stage } = one("ApiGatewayV2::Stage");
  const { id: apiId } = one("ApiGatewayV2::Api");
  const behind = (routeKey: string): { integration: string; functionId: string } | undefined => {
    const route = all("ApiGatewayV2::Route").find(({ properties }) => properties.routeKey === routeKey);
    if (!route) return undefined;
    const integration = textAt(route.properties, "target");
    const { properties } = one(
      "ApiGatewayV2::Integration",
      ({ id }) => integration === `integrations/<${id}>`,
    );
    const uri = textAt(properties, "integrationUri");
    return { integration, functionId: /functions\/<([^.>]+)\.Arn>\/invocations$/.exec(uri)?.[1] ?? uri };
  };
  const [everything, publishing] = [behind("$default"), behind("PUBLISH")];
  const functionIds: { [Name in FunctionName]?: string } = {
    websocket: everything?.functionId ?? "",
    fanout: idIn(mapping.functionName),
    ...(publishing && { publish: publishing.functionId }),
  };
  const stageName = textAt(stage, "stageName");
  const names = new Map([
    [`<${table.id}>`, "table"],
    [`<${table.id}.Arn>`, "table"],
    [`<${table.id}.Arn>/index/SecondaryIndex`, "index"],
    [`<${fanoutQueue.id}>`, "fan-out queue"],
    [`<${fanoutQueue.id}.Arn>`, "fan-out queue"],
    [`<${fanoutQueue.id}.QueueName>`, "fan-out queue"],
    [`${QUEUE}${at(fanoutQueue.properties, "queueName")}`, "fan-out queue"],
    [`<${deadLetterQueue.id}.Arn>`, "dead-letter queue"],
    [`<${deadLetterQueue.id}.QueueName>`, "dead-letter queue"],
    ...Object.entries(functionIds).map(([name, id]): [string, string] => [`<${id}>`, name]),
    [everything?.integration ?? "", "websocket"],
    [publishing?.integration ?? "", "publish"],
    [`${API}<${apiId}>/${stageName}/POST/@connections/*`, "connections of the stage"],
    [`${API}<${apiId}>/${stageName}/DELETE/@connections/*`, "closing connections"],
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
    listAt(schema, "keySchema").find((key) => at(key, "keyType") === type),
    "attributeName",
  );

const tableOf = (table: Value): Deployment["table"] => ({
  hashKey: keyOf(table, "HASH"),
  rangeKey: keyOf(table, "RANGE"),
  billing: textAt(table, "billingMode"),
  indexes: listAt(table, "globalSecondaryIndexes").map((index) => ({
    name: textAt(index, "indexName"),
    hashKey: keyOf(index, "HASH"),
    projection: textAt(index, "projection", "projectionType"),
  })),
  ttlAttribute: textAt(table, "timeToLiveSpecification", "attributeName"),
  pointInTimeRecovery: at(table, "pointInTimeRecoverySpecification", "pointInTimeRecoveryEnabled") === true,
  deletionProtection: at(table, "deletionProtectionEnabled") === true,
});

function queues({
  fanoutQueue: { id: fanoutQueueId, properties: fanoutQueue },
  deadLetterQueue: { id: deadLetterQueueId, properties: deadLetterQueue },
  one,
  named,
}: Found): Pick<Deployment, "fanoutQueue" | "deadLetterQueue"> {
  const redrive = at(fanoutQueue, "redrivePolicy");
  const redriveAllow = at(deadLetterQueue, "redriveAllowPolicy");
  const policyOf = (queueId: string): Value =>
    one("SQS::QueuePolicy", ({ properties }) => textsAt(properties, "queues").join() === `<${queueId}>`)
      .properties.policyDocument;
  const policies = { fanoutPolicy: policyOf(fanoutQueueId), deadLetterPolicy: policyOf(deadLetterQueueId) };
  return queueFacts({ fanoutQueue, deadLetterQueue, redrive, redriveAllow, ...policies }, named);
}

function partsOf({ one, functionIds }: Found, name: FunctionName) {
  const { properties: fn } = one("Lambda::Function", ({ id }) => id === functionIds[name]);
  return {
    fn,
    role: one("IAM::Role", ({ id }) => id === idIn(fn.role)),
    logGroup: one("Logs::LogGroup", ({ id }) => id === idIn(at(fn, "loggingConfig", "logGroup"))),
  };
}

function functionOf(found: Found, name: FunctionName): FunctionFacts {
  const { fn, role, logGroup } = partsOf(found, name);
  const trust = at(role.properties, "assumeRolePolicyDocument");
  return {
    ...functionFacts({ fn, logGroup: logGroup.properties, trust, recursion: fn }),
    configuration: configurationOf(variablesOf(fn), found.named),
  };
}

function grantsOf({ named }: Found, who: string, statements: Value[], logGroupId?: string): Grant[] {
  const read = statements.map((statement) => ({
    actions: textsAt(statement, "action"),
    resources: textsAt(statement, "resource"),
    conditions: conditionsIn(at(statement, "condition")),
  }));
  return grantsFor(who, read, (resource) =>
    resource === `<${logGroupId}.Arn>` ? "its log group" : named(resource),
  );
}

function functionGrants(found: Found, name: FunctionName): Grant[] {
  const { role, logGroup } = partsOf(found, name);
  if (role.properties.managedPolicyArns !== undefined) throw new Error(`${role.id} has managed policies`);
  const inline = listAt(role.properties, "policies").map((policy) => at(policy, "policyDocument"));
  const attached = found
    .all("IAM::Policy")
    .filter(({ properties }) => textsAt(properties, "roles").map(idIn).includes(role.id))
    .map(({ properties }) => properties.policyDocument);
  const statements = [...inline, ...attached].flatMap((document) => listAt(document, "statement"));
  return grantsOf(found, name, statements, logGroup.id);
}
