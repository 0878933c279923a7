import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { startLocal } from "lambda-websocket-pubsub-local";

export interface DemoStack {
  websocketUrl: string;
  env: Record<string, string | undefined>;
  stop(): Promise<void>;
}

/** Written by `npm start`, in the folder it was started in. */
const ENV_FILE = ".local/env";
const RESPONSE_TIMEOUT_MS = 5_000;

/** The local stack that runs already, or one of the caller's own, on free ports. Says on stderr which one it is. */
export async function findOrStartStack(): Promise<DemoStack> {
  const found = await findStack();
  if (found) {
    console.error(`Uses the local stack at ${found.websocketUrl}`);
    return found;
  }
  console.error(`Starts a local stack of its own: ${ENV_FILE} names none that runs`);
  return startLocal();
}

/**
 * Makes the stack's settings those of this process, which the library's AWS clients read. What the shell said about AWS
 * is forgotten: a profile or a session token would go with the stack's keys.
 */
export function setEnvironment({ env }: Pick<DemoStack, "env">): void {
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
  Object.assign(process.env, env);
}

export async function findStack(envFile: string = ENV_FILE): Promise<DemoStack | undefined> {
  const env = parseEnv(await readFile(envFile, "utf8").catch(() => ""));
  const { AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: endpoint = "" } = env;
  if (!(await isStackRunning(env))) return undefined;
  return { websocketUrl: `ws://${new URL(endpoint).host}`, env, stop: async () => {} };
}

/**
 * Whether the stack that wrote these settings still runs. A killed stack leaves its file, and any other server may have
 * taken its port since: only a server that knows the stack's id is that stack.
 */
async function isStackRunning(env: Record<string, string | undefined>): Promise<boolean> {
  const { PUBSUB_LOCAL_STACK_ID: id, AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: endpoint } = env;
  if (!id || !endpoint) return false;
  try {
    const url = new URL("/_local/stack", endpoint);
    const response = await fetch(url, {
      signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
      redirect: "error",
    });
    return response.ok && ((await response.json()) as { stackId?: unknown } | null)?.stackId === id;
  } catch {
    return false;
  }
}
