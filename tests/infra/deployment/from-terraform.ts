import { conditionsFrom } from "./conditions.ts";
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
  block,
  functionFacts,
  grantsFor,
  mappingFacts,
  type Named,
  queueFacts,
  tableFacts,
  variablesOf,
} from "./facts.ts";
import type { Configuration } from "./terraform.ts";
import { at, fieldsAt, listAt, textAt, textsAt, type Value } from "./value.ts";

/** Reads what examples/deploy-terraform deploys. */
export function deploymentFromTerraform(configuration: Configuration): Deployment {
  const { one, has, each } = configuration;
  const names: FunctionName[] = has(addressOf("publish")) ? [...ALWAYS, "publish"] : ALWAYS;
  const stage = one("aws_apigatewayv2_stage.websocket");
  const named = namesOf(textAt(stage, "name"));
  const table = one("aws_dynamodb_table.pubsub");
  return {
    table: tableFacts(table, listAt(table, "globalSecondaryIndex")),
    ...queues(one, named),
    functions: Object.fromEntries(names.map((name) => [name, functionOf(configuration, named, name)])),
    mapping: mappingFacts(one("aws_lambda_event_source_mapping.fanout"), named),
    routes: routesOf(configuration, named),
    autoDeploy: stage.autoDeploy === true,
    grants: grantLines([
      ...names.flatMap((name) => functionGrants(one, named, name)),
      ...grantsFor("a producer", statementsOf(one, one("aws_iam_policy.producer")), named),
    ]),
    alarms: Object.fromEntries(
      Object.entries({
        ...each("aws_cloudwatch_metric_alarm.pubsub"),
        ...(names.includes("publish") && { "publish-errors": one("aws_cloudwatch_metric_alarm.publish") }),
      }).map(([name, alarm]) => [
        name.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase()),
        alarmFacts(alarm, Object.values(fieldsAt(alarm, "dimensions")), named),
      ]),
    ),
  };
}

const ALWAYS: FunctionName[] = ["websocket", "fanout"];

/** Those that always exist are described in one block; the other has blocks of its own. */
const addressOf = (name: FunctionName, type: string = "aws_lambda_function"): string =>
  name === "publish" ? `${type}.publish` : `${type}.pubsub["${name}"]`;

type One = Configuration["one"];

/** Returns a reference as Terraform writes it in a text. */
const reference = (to: string): string => `\${${to}}`;

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
    ...["arn", "function_name", "invoke_arn"].flatMap((of) =>
      (["websocket", "fanout", "publish"] as const).map(
        (name) => [reference(`${addressOf(name)}.${of}`), name] as const,
      ),
    ),
    [`${reference(`${api}.execution_arn`)}/${stage}/POST/@connections/*`, "connections of the stage"],
    [`${reference(`${api}.execution_arn`)}/${stage}/DELETE/@connections/*`, "closing connections"],
    [`${https}/${stage}`, "management endpoint"],
    ["*", X_RAY],
  ]);
  return (to) => names.get(to) ?? to;
}

function queues(one: One, named: Named): Pick<Deployment, "fanoutQueue" | "deadLetterQueue"> {
  const fanoutQueue = one("aws_sqs_queue.fanout");
  const deadLetterQueue = one("aws_sqs_queue.dead_letters");
  const redrive = at(fanoutQueue, "redrivePolicy");
  const redriveAllow = at(one("aws_sqs_queue_redrive_allow_policy.dead_letters"), "redriveAllowPolicy");
  const policyOf = (name: string): Value => at(one(`aws_sqs_queue_policy.pubsub["${name}"]`), "policy");
  const policies = { fanoutPolicy: policyOf("fanout"), deadLetterPolicy: policyOf("dead_letters") };
  return queueFacts({ fanoutQueue, deadLetterQueue, redrive, redriveAllow, ...policies }, named);
}

function routesOf({ one, has, each }: Configuration, named: Named): Deployment["routes"] {
  const own = "aws_apigatewayv2_route.publish";
  const routes = [
    ...Object.values(each("aws_apigatewayv2_route.websocket")),
    ...(has(own) ? [one(own)] : []),
  ];
  return Object.fromEntries(
    routes.map((route) => {
      const integration = addressIn(textAt(route, "target").replace("integrations/", ""));
      return [textAt(route, "routeKey"), named(textAt(one(integration), "integrationUri"))];
    }),
  );
}

/** Returns the address in a reference to an attribute: `aws_sqs_queue.fanout` of `${aws_sqs_queue.fanout.arn}`. */
const addressIn = (text: string): string => /^\$\{(.+)\.\w+\}$/.exec(text)?.[1] ?? text;

function functionOf({ one, all }: Configuration, named: Named, name: FunctionName): FunctionFacts {
  const fn = one(addressOf(name));
  const trust = at(one(addressIn(textAt(fn, "role"))), "assumeRolePolicy");
  const recursion = all("aws_lambda_function_recursion_config").find(
    (setting) => named(textAt(setting, "functionName")) === name,
  );
  return {
    ...functionFacts({ fn, logGroup: one(logGroupOf(fn)), trust, recursion }),
    configuration: configurationOf(variablesOf(fn), named),
  };
}

const logGroupOf = (fn: Value): string => addressIn(textAt(block(fn, "loggingConfig"), "logGroup"));

type Statement = Parameters<typeof grantsFor>[1][number];

/** The statements of a policy's document, and of the documents that it includes. */
const statementsOf = (one: One, policy: Value): Statement[] =>
  documentStatements(one, addressIn(textAt(policy, "policy")));

function documentStatements(one: One, address: string): Statement[] {
  const document = one(address);
  const included = textsAt(document, "sourcePolicyDocuments").map(addressIn);
  const own = listAt(document, "statement").map((statement) => ({
    actions: textsAt(statement, "actions"),
    resources: textsAt(statement, "resources"),
    conditions: conditionsFrom(listAt(statement, "condition")),
  }));
  return [...own, ...included.flatMap((source) => documentStatements(one, source))];
}

function functionGrants(one: One, named: Named, name: FunctionName): Grant[] {
  const fn = one(addressOf(name));
  const policy = one(addressOf(name, "aws_iam_role_policy"));
  if (addressIn(textAt(policy, "role")) !== addressIn(textAt(fn, "role"))) {
    throw new Error(`the policy ${name} is not for the role of the function`);
  }
  const logs = `${reference(`${logGroupOf(fn)}.arn`)}:*`;
  return grantsFor(name, statementsOf(one, policy), (resource) =>
    resource === logs ? "its log group" : named(resource),
  );
}
