import type { Stack, StackPart } from "./stack.ts";

/** The variables that name a stage. The local stack writes those of the table and the queue. */
export const VARIABLES: Readonly<Record<StackPart, string>> = {
  url: "PUBSUB_URL",
  table: "PUBSUB_TABLE_NAME",
  queue: "PUBSUB_QUEUE_URL",
};

type Env = Readonly<Record<string, string | undefined>>;

/** Returns what the variables name. An empty variable is as if it were not there. */
export function partsOfEnvironment(env: Env): Partial<Record<StackPart, string>> {
  const { [VARIABLES.url]: url, [VARIABLES.table]: table, [VARIABLES.queue]: queue } = env;
  const address = url || (isOfLocalStack(env) ? localUrl(env) : undefined);
  return { ...(address && { url: address }), ...(table && { table }), ...(queue && { queue }) };
}

export const isOfLocalStack = (env: Env): boolean => Boolean(env.PUBSUB_LOCAL_STACK_ID);

/** The local stack serves WebSockets and posts at one address. */
function localUrl({ AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: endpoint }: Env): string | undefined {
  return endpoint && URL.canParse(endpoint) ? new URL("/", endpoint.replace(/^http/, "ws")).href : undefined;
}

export const kindOfEnvironment = (env: Env): Stack["kind"] => (isOfLocalStack(env) ? "local" : "aws");
