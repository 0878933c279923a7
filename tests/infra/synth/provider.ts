import type { Properties } from "./synthesis.ts";

/** This module replaces AWS: it returns the values that AWS would return for a created resource or a look-up. */
export const ACCOUNT = "123456789012";
export const REGION = "eu-north-1";

type Made = (inputs: Properties, name: string) => Properties;

const arn = (service: string, rest: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

const MADE: Record<string, Made> = {
  "aws:dynamodb/table:Table": ({ name }) => ({ id: name, arn: arn("dynamodb", `table/${name}`) }),
  "aws:sqs/queue:Queue": ({ name }) => {
    const url = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`;
    return { id: url, url, arn: arn("sqs", `${name}`) };
  },
  "aws:lambda/function:Function": ({ name }) => {
    const own = arn("lambda", `function:${name}`);
    return { id: name, arn: own, version: "$LATEST", qualifiedArn: `${own}:$LATEST` };
  },
  "aws:iam/role:Role": ({ name }) => ({ id: name, arn: `arn:aws:iam::${ACCOUNT}:role/${name}` }),
  "aws:cloudwatch/logGroup:LogGroup": ({ name }) => ({ id: name, arn: arn("logs", `log-group:${name}`) }),
  "aws:sns/topic:Topic": ({ name }) => ({ arn: arn("sns", `${name}`) }),
  "aws:apigatewayv2/api:Api": (_inputs, name) => {
    const id = `${name.toLowerCase()}-id`;
    const host = `${id}.execute-api.${REGION}.amazonaws.com`;
    return { id, apiEndpoint: `wss://${host}`, executionArn: arn("execute-api", id) };
  },
  "random:index/randomBytes:RandomBytes": () => ({ base64: Buffer.alloc(32, 7).toString("base64") }),
};

/** Returns the properties of a resource that AWS generates. */
export const madeUp = (type: string, name: string, inputs: Properties): Properties =>
  MADE[type]?.(inputs, name) ?? {};

interface Statement {
  effect?: string;
  actions?: string[];
  resources?: string[];
  principals?: unknown;
  conditions?: { test: string; variable: string; values: string[] }[];
}

const LOOKED_UP: Record<string, (inputs: Properties) => Properties> = {
  "aws:index/getPartition:getPartition": () => ({ partition: "aws", dnsSuffix: "amazonaws.com" }),
  "aws:index/getRegion:getRegion": () => ({ region: REGION, name: REGION, id: REGION }),
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({ accountId: ACCOUNT }),
  "aws:iam/getPolicyDocument:getPolicyDocument": (inputs) => {
    const statements = (inputs.statements ?? []) as Statement[];
    return {
      statements,
      json: JSON.stringify({ Version: "2012-10-17", Statement: statements.map(asPolicy) }),
    };
  },
};

const asPolicy = ({ effect, actions, resources, principals, conditions }: Statement): Properties => ({
  Effect: effect ?? "Allow",
  Action: actions,
  Resource: resources,
  ...(principals !== undefined && { Principal: principals }),
  ...(conditions !== undefined && { Condition: asConditions(conditions) }),
});

/** Conditions with the same operator become one member with several context keys. */
function asConditions(conditions: NonNullable<Statement["conditions"]>): Properties {
  const byTest = Map.groupBy(conditions, ({ test }) => test);
  return Object.fromEntries(
    [...byTest].map(([test, all]) => [
      test,
      Object.fromEntries(all.map(({ variable, values }) => [variable, values])),
    ]),
  );
}

export function lookedUp(token: string, inputs: Properties): Properties {
  const lookUp = LOOKED_UP[token];
  if (!lookUp) throw new Error(`the test provider does not implement the function ${token}`);
  return lookUp(inputs);
}
