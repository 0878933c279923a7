import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import type { PubsubConfig } from "lambda-websocket-pubsub";
import { type DlqOptions, UsageError } from "./options.ts";

/** `npm start` writes it in the folder where it was started. */
const ENV_FILE = ".local/env";

/**
 * Finds the table and the queue: by the flags, by the environment, or by the local stack, whose environment this process
 * then takes over.
 */
export async function findConfig({
  table,
  queue,
}: Pick<DlqOptions, "table" | "queue">): Promise<PubsubConfig> {
  const named = toConfig(table ?? process.env.PUBSUB_TABLE_NAME, queue ?? process.env.PUBSUB_QUEUE_URL);
  if (named) return named;
  const env = parseEnv(await readFile(ENV_FILE, "utf8").catch(() => ""));
  const local = toConfig(env.PUBSUB_TABLE_NAME, env.PUBSUB_QUEUE_URL);
  if (!local) {
    throw new UsageError(
      "the table and the queue are missing: give --table and --queue, or set PUBSUB_TABLE_NAME and PUBSUB_QUEUE_URL, or run npm start",
    );
  }
  await assertResponds(env.AWS_ENDPOINT_URL_SQS ?? "");
  // The library's AWS clients take their settings from the environment, as they do in a Lambda
  Object.assign(process.env, env);
  return local;
}

/** Returns undefined if neither is given. One without the other is an error: the two must belong to the same stack. */
function toConfig(table: string | undefined, queue: string | undefined): PubsubConfig | undefined {
  if (!table && !queue) return undefined;
  if (!table) throw new UsageError("the table is missing: give --table NAME or set PUBSUB_TABLE_NAME");
  if (!queue) throw new UsageError("the queue is missing: give --queue URL or set PUBSUB_QUEUE_URL");
  return { dynamodbTableName: table, fanoutQueueUrl: queue };
}

/** The file remains when the stack is killed: only a response shows that the stack runs. */
async function assertResponds(endpoint: string): Promise<void> {
  try {
    await fetch(endpoint, { signal: AbortSignal.timeout(2_000) });
  } catch (cause) {
    throw new NoStackError(
      `the local stack of ${ENV_FILE} does not respond at ${endpoint}; npm start starts it`,
      { cause },
    );
  }
}

export class NoStackError extends Error {}
