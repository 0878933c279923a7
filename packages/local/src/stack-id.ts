/** The gateway serves this path without a signature, so that a caller can distinguish a stack from other servers. */
export const STACK_PATH = "/_local/stack";

export interface StackIdentity {
  stackId: string;
  pid: number;
  websocketUrl: string;
}

/** A busy machine may need a while to answer; an address where nothing listens is refused at once. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Asks the gateway at this address which stack it belongs to. Returns undefined if no local stack answers there. */
export async function askStack(endpoint: string): Promise<StackIdentity | undefined> {
  try {
    const response = await fetch(new URL(STACK_PATH, endpoint), {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const answer = (await response.json()) as Partial<StackIdentity> | null;
    const { stackId, pid, websocketUrl } = answer ?? {};
    if (!response.ok || typeof stackId !== "string") return undefined;
    return { stackId, pid: Number(pid), websocketUrl: String(websocketUrl) };
  } catch {
    return undefined;
  }
}

/**
 * Whether the stack that wrote this environment runs. An environment that a stack left behind when it was killed names
 * ports that another server may use by now.
 *
 * @example
 * import { readFile } from "node:fs/promises";
 * import { parseEnv } from "node:util";
 * import { isStackRunning } from "lambda-websocket-pubsub-local";
 *
 * const running = await isStackRunning(parseEnv(await readFile(".local/env", "utf8")));
 */
export async function isStackRunning(env: StackEnv): Promise<boolean> {
  return (await runningStack(env)) !== undefined;
}

/** The stack that wrote this environment, if it runs. */
export async function runningStack(env: StackEnv): Promise<StackIdentity | undefined> {
  const { PUBSUB_LOCAL_STACK_ID: stackId, AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: endpoint } = env;
  if (!stackId || !endpoint) return undefined;
  const answer = await askStack(endpoint);
  return answer?.stackId === stackId ? answer : undefined;
}

type StackEnv = Readonly<Record<string, string | undefined>>;
