import type { Synthesized } from "../suite.ts";
import { parse } from "../synth/template.ts";
import {
  type AlarmFacts,
  CONFIGURATION,
  comparedEnvironment,
  type Deployment,
  type FunctionFacts,
  type FunctionName,
  grantLines,
} from "./deployment.ts";
import { grantsOf } from "./sst-grants.ts";
import { at, fieldsAt, listAt, numberAt, textAt, textsAt, type Value } from "./value.ts";

const ID: Record<FunctionName, string> = { websocket: "Websocket", fanout: "Fanout" };

/** Reads what `stacks/` deploys. Every other way of deploying must deploy the same. */
export function deploymentFromSst(stage: Synthesized): Deployment {
  const named = namesOf(stage);
  const mapping = inputsOf(stage, "mapping");
  return {
    table: tableFacts(inputsOf(stage, "table")),
    ...queues(stage, named),
    functions: { websocket: functionFacts(stage, "websocket"), fanout: functionFacts(stage, "fanout") },
    mapping: {
      from: named(textAt(mapping, "eventSourceArn")),
      to: named(textAt(mapping, "functionName")),
      batchSize: numberAt(mapping, "batchSize"),
      windowSeconds: numberAt(mapping, "maximumBatchingWindowInSeconds"),
      maximumConcurrency: numberAt(mapping, "scalingConfig", "maximumConcurrency"),
      responseTypes: textsAt(mapping, "functionResponseTypes"),
    },
    routes: routesOf(stage, named),
    autoDeploy: stage.one("stage").inputs.autoDeploy === true,
    grants: grantLines(grantsOf(stage)),
    alarms: Object.fromEntries(
      stage.all("alarm").map(({ name, inputs }) => [name, alarmFacts(inputs as Value, named)]),
    ),
  };
}

type Named = (reference: string) => string;

function namesOf(stage: Synthesized): Named {
  const names = new Map<string, string>();
  for (const [id, name] of [
    ["FanoutQueueQueue", "fan-out queue"],
    ["DeadLetterQueueQueue", "dead-letter queue"],
  ] as const) {
    names.set(stage.arn("queue", id), name).set(stage.physicalName("queue", id), name);
  }
  for (const name of ["websocket", "fanout"] as const) {
    const id = `${ID[name]}Function`;
    names.set(stage.arn("function", id), name).set(stage.physicalName("function", id), name);
  }
  return (reference) => names.get(reference) ?? reference;
}

const inputsOf = (stage: Synthesized, ...of: Parameters<Synthesized["one"]>): Value =>
  stage.one(...of).inputs as Value;

const tableFacts = (table: Value): Deployment["table"] => ({
  hashKey: textAt(table, "hashKey"),
  rangeKey: textAt(table, "rangeKey"),
  billing: textAt(table, "billingMode"),
  indexes: listAt(table, "globalSecondaryIndexes").map((index) => ({
    name: textAt(index, "name"),
    hashKey: textAt(index, "hashKey"),
    projection: textAt(index, "projectionType"),
  })),
  ttlAttribute: textAt(table, "ttl", "attributeName"),
  pointInTimeRecovery: at(table, "pointInTimeRecovery", "enabled") === true,
  deletionProtection: at(table, "deletionProtectionEnabled") === true,
});

function queues(stage: Synthesized, named: Named): Pick<Deployment, "fanoutQueue" | "deadLetterQueue"> {
  const fanoutQueue = inputsOf(stage, "queue", "FanoutQueueQueue");
  const deadLetterQueue = inputsOf(stage, "queue", "DeadLetterQueueQueue");
  const redrive = parse(at(fanoutQueue, "redrivePolicy")) as Value;
  const redriveAllow = parse(at(inputsOf(stage, "redriveAllowPolicy"), "redriveAllowPolicy")) as Value;
  const common = (queue: Value) => ({
    maxMessageBytes: numberAt(queue, "maxMessageSize"),
    encrypted: at(queue, "sqsManagedSseEnabled") === true,
  });
  return {
    fanoutQueue: {
      ...common(fanoutQueue),
      visibilityTimeoutSeconds: numberAt(fanoutQueue, "visibilityTimeoutSeconds"),
      maxReceiveCount: numberAt(redrive, "maxReceiveCount"),
    },
    deadLetterQueue: {
      ...common(deadLetterQueue),
      retentionSeconds: numberAt(deadLetterQueue, "messageRetentionSeconds"),
      redrivePermission: textAt(redriveAllow, "redrivePermission"),
      takesFrom: textsAt(redriveAllow, "sourceQueueArns").map(named),
    },
  };
}

function functionFacts(stage: Synthesized, name: FunctionName): FunctionFacts {
  const fn = inputsOf(stage, "function", `${ID[name]}Function`);
  const { trust } = stage.role(`${ID[name]}Role`);
  const build = stage.synthesis.rpcCalls.find(({ params }) => params.functionID === ID[name]);
  const links = build?.params.links as Value;
  return {
    runtime: textAt(fn, "runtime"),
    architectures: textsAt(fn, "architectures"),
    memoryMb: numberAt(fn, "memorySize"),
    timeoutSeconds: numberAt(fn, "timeout"),
    tracing: textAt(fn, "tracingConfig", "mode"),
    logRetentionDays: numberAt(inputsOf(stage, "logGroup", `${ID[name]}Logs`), "retentionInDays"),
    environment: comparedEnvironment(fieldsAt(fn, "environment", "variables")),
    // As links, which the suite of the functions asserts
    configuration: {
      ...CONFIGURATION,
      maxPostsPerSecond: numberAt(links, "PubsubSettings", "maxPostsPerSecond"),
    },
    trustedService: textAt(trust as Value, "Statement", 0, "Principal", "Service"),
  };
}

function routesOf(stage: Synthesized, named: Named): Deployment["routes"] {
  const integrationOf = (target: unknown): Value =>
    stage.all("integration").find(({ outputs }) => target === `integrations/${outputs.id}`)?.inputs as Value;
  return Object.fromEntries(
    stage.all("route").map(({ inputs: { routeKey, target } }) => {
      const uri = textAt(integrationOf(target), "integrationUri");
      return [String(routeKey), named(/functions\/(.*)\/invocations$/.exec(uri)?.[1] ?? uri)];
    }),
  );
}

/** Of an alarm on one metric; the one on a ratio of two has neither namespace nor dimensions of its own. */
const alarmFacts = (alarm: Value, named: Named): AlarmFacts => ({
  metric: `${at(alarm, "namespace")} ${at(alarm, "metricName")}`,
  of: Object.values(at(alarm, "dimensions") ?? {})
    .map(String)
    .map(named)
    .join(),
  statistic: String(at(alarm, "statistic")),
  threshold: numberAt(alarm, "threshold"),
  evaluationPeriods: numberAt(alarm, "evaluationPeriods"),
  periodSeconds: numberAt(alarm, "period"),
  comparison: textAt(alarm, "comparisonOperator"),
  missingData: textAt(alarm, "treatMissingData"),
});
