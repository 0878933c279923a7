import type { Properties, SynthesizedResource } from "./synthesis.ts";

/** The types that tests ask for. */
export const TYPE = {
  table: "aws:dynamodb/table:Table",
  queue: "aws:sqs/queue:Queue",
  queuePolicy: "aws:sqs/queuePolicy:QueuePolicy",
  redriveAllowPolicy: "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",
  function: "aws:lambda/function:Function",
  recursion: "aws:lambda/functionRecursionConfig:FunctionRecursionConfig",
  mapping: "aws:lambda/eventSourceMapping:EventSourceMapping",
  permission: "aws:lambda/permission:Permission",
  role: "aws:iam/role:Role",
  api: "aws:apigatewayv2/api:Api",
  stage: "aws:apigatewayv2/stage:Stage",
  route: "aws:apigatewayv2/route:Route",
  integration: "aws:apigatewayv2/integration:Integration",
  logGroup: "aws:cloudwatch/logGroup:LogGroup",
  alarm: "aws:cloudwatch/metricAlarm:MetricAlarm",
  dashboard: "aws:cloudwatch/dashboard:Dashboard",
  query: "aws:cloudwatch/queryDefinition:QueryDefinition",
  topic: "aws:sns/topic:Topic",
  subscription: "aws:sns/topicSubscription:TopicSubscription",
} as const;

export type Type = keyof typeof TYPE;

export interface Statement {
  Effect: string;
  Action: string[];
  Resource: string[];
  Condition?: Conditions;
}

/** Values by context key by operator. */
export type Conditions = Record<string, Record<string, string[]>>;

export interface RolePolicies {
  trust: unknown;
  statements: Statement[];
  managed: unknown;
}

/** Finds resources by type and name. If not exactly one matches, the error lists what exists. */
export interface Template {
  all(type: Type): SynthesizedResource[];
  one(type: Type, name?: string): SynthesizedResource;
  arn(type: Type, name?: string): string;
  physicalName(type: Type, name?: string): string;
  role(name: string): RolePolicies;
  /** The environment variables of a function, by its name without "Function". */
  variables(name: string): Properties;
}

export function createTemplate(resources: readonly SynthesizedResource[]): Template {
  const all = (type: Type): SynthesizedResource[] =>
    resources.filter((resource) => resource.type === TYPE[type]);
  const one = (type: Type, name?: string): SynthesizedResource => {
    const [found, ...more] = all(type).filter((resource) => name === undefined || resource.name === name);
    if (found && more.length === 0) return found;
    const names = all(type).map((resource) => resource.name);
    throw new Error(`not exactly one ${TYPE[type]} ${name ?? ""}; there are ${names.join(", ") || "none"}`);
  };
  return {
    all,
    one,
    arn: (type, name) => String(one(type, name).outputs.arn),
    physicalName: (type, name) => String(one(type, name).inputs.name),
    role(name) {
      const { assumeRolePolicy, inlinePolicies = [], managedPolicyArns } = one("role", name).inputs;
      const statements = (inlinePolicies as { policy: string }[]).flatMap(
        ({ policy }) => parse(policy).Statement as Statement[],
      );
      return { trust: parse(assumeRolePolicy), statements, managed: managedPolicyArns };
    },
    variables(name) {
      const { environment } = one("function", `${name}Function`).inputs;
      return (environment as { variables: Properties }).variables;
    },
  };
}

/** JSON within a property. */
export const parse = (json: unknown): Properties => JSON.parse(String(json)) as Properties;
