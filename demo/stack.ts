import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { isStackRunning, type LocalOptions, startLocal } from "lambda-websocket-pubsub-local";

export interface DemoStack {
  websocketUrl: string;
  env: Record<string, string | undefined>;
  /** Whether it was started now, and so with the options that were given. */
  isNew?: boolean;
  stop(): Promise<void>;
}

/** `npm start` writes it in the folder where it was started. */
const ENV_FILE = ".local/env";

/**
 * Returns the local stack that runs already, or starts one on free ports, with these options. Prints on stderr which one it
 * is.
 */
export async function findOrStartStack(options: LocalOptions = {}): Promise<DemoStack> {
  const found = await findStack();
  if (found) {
    console.error(`Uses the local stack at ${found.websocketUrl}`);
    return found;
  }
  console.error(`Starts a local stack: ${ENV_FILE} names no running stack`);
  return Object.assign(await startLocal(options), { isNew: true });
}

/**
 * Sets the environment of this process to the stack's, because the library's AWS clients read it. It removes the shell's
 * AWS variables: a profile or a session token would be combined with the stack's keys.
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
