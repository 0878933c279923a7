import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import type { PubsubConfig } from "lambda-websocket-pubsub";
import { type DlqOptions, UsageError } from "./options.ts";

/** Written by `npm start`, in the folder it was started in. */
const ENV_FILE = ".local/env";

/** Where to look: the flags, the environment, or the local stack, whose environment becomes this process's. */
export async function findConfig({
  table,
  queue,
}: Pick<DlqOptions, "table" | "queue">): Promise<PubsubConfig> {
  const named = configOf(table ?? process.env.PUBSUB_TABLE_NAME, queue ?? process.env.PUBSUB_QUEUE_URL);
  if (named) return named;
  const env = parseEnv(await readFile(ENV_FILE, "utf8").catch(() => ""));
  const local = configOf(env.PUBSUB_TABLE_NAME, env.PUBSUB_QUEUE_URL);
  if (!local) {
    throw new UsageError(
      "no queue to look at: give --table and --queue, or set PUBSUB_TABLE_NAME and PUBSUB_QUEUE_URL, or run npm start",
    );
  }
  await assertAnswers(env.AWS_ENDPOINT_URL_SQS ?? "");
  // The library's AWS clients take their settings from the environment, as they do in a Lambda
  Object.assign(process.env, env);
  return local;
}

/** Nothing where neither is given: half of it would be completed by somebody else's half. */
function configOf(table: string | undefined, queue: string | undefined): PubsubConfig | undefined {
  if (!table && !queue) return undefined;
  if (!table) throw new UsageError("which table? give --table NAME or set PUBSUB_TABLE_NAME");
  if (!queue) throw new UsageError("which queue? give --queue URL or set PUBSUB_QUEUE_URL");
  return { dynamodbTableName: table, fanoutQueueUrl: queue };
}

/** The file stays behind when the stack stops: only an answer says that it runs. */
async function assertAnswers(endpoint: string): Promise<void> {
  try {
    await fetch(endpoint, { signal: AbortSignal.timeout(2_000) });
  } catch (cause) {
    throw new NoStackError(
      `the local stack of ${ENV_FILE} does not answer at ${endpoint}; npm start starts it`,
      { cause },
    );
  }
}

export class NoStackError extends Error {}
