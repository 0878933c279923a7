/** The gateway serves this path without a signature, so that a caller can distinguish a stack from other servers. */
export const STACK_PATH = "/_local/stack";

export interface StackIdentity {
  stackId: string;
  pid: number;
  websocketUrl: string;
}

/** A busy machine may respond slowly. If nothing listens at the address, the request fails at once. */
const RESPONSE_TIMEOUT_MS = 5_000;

/** Asks the gateway at this address which stack it belongs to. Returns undefined if no local stack runs there. */
export async function askStack(endpoint: string): Promise<StackIdentity | undefined> {
  try {
    const response = await fetch(new URL(STACK_PATH, endpoint), {
      signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
    });
    const body = (await response.json()) as Partial<StackIdentity> | null;
    const { stackId, pid, websocketUrl } = body ?? {};
    if (!response.ok || typeof stackId !== "string") return undefined;
    return { stackId, pid: Number(pid), websocketUrl: String(websocketUrl) };
  } catch {
    return undefined;
  }
}

/**
 * Returns true if the stack that wrote this environment is running. If a stack was killed, the environment that it
 * wrote names ports that another server may use by now.
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

/** Returns the identity of the stack that wrote this environment, or undefined if that stack does not run. */
export async function runningStack(env: StackEnv): Promise<StackIdentity | undefined> {
  const { PUBSUB_LOCAL_STACK_ID: stackId, AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: endpoint } = env;
  if (!stackId || !endpoint) return undefined;
  const found = await askStack(endpoint);
  return found?.stackId === stackId ? found : undefined;
}

type StackEnv = Readonly<Record<string, string | undefined>>;
