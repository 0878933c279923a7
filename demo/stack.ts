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

/** The local stack that runs already, or one of the demo's own, on free ports. */
export async function findOrStartStack(): Promise<DemoStack> {
  return (await findStack()) ?? startLocal();
}

async function findStack(): Promise<DemoStack | undefined> {
  const env = parseEnv(await readFile(ENV_FILE, "utf8").catch(() => ""));
  const endpoint = env.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI;
  if (!endpoint || !(await answers(endpoint))) return undefined;
  return { websocketUrl: `ws://${new URL(endpoint).host}`, env, stop: async () => {} };
}

/** The file stays behind when the stack stops: only an answer says that it runs. */
async function answers(endpoint: string): Promise<boolean> {
  try {
    await fetch(endpoint, { signal: AbortSignal.timeout(1_000) });
    return true;
  } catch {
    return false;
  }
}
