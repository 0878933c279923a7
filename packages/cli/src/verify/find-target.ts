import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { isStackRunning } from "lambda-websocket-pubsub-local";
import { NotAvailableError, UsageError } from "../usage-error.ts";
import type { VerifyOptions } from "./options.ts";
import type { Target } from "./target.ts";

/** `npm start` writes it in the folder where it was started. */
const ENV_FILE = ".local/env";

/**
 * Returns the target that the options name, or the local stack of this folder. This process takes over the environment
 * of a local stack, because the AWS clients read their settings there. Throws `UsageError` and `NotAvailableError`.
 */
export async function findTarget(options: VerifyOptions): Promise<Target> {
  const { url, table, queue } = options;
  const given = [url, table, queue].filter((value) => value !== undefined).length;
  const isLocal = options.local === true || options.env !== undefined || given === 0;
  const found = isLocal ? await localTarget(options) : deployedTarget(options);
  if (options.region !== undefined) process.env.AWS_REGION = options.region;
  if (options.profile !== undefined) process.env.AWS_PROFILE = options.profile;
  const managementEndpoint = options["management-endpoint"] ?? found.managementEndpoint;
  return {
    ...found,
    ...(managementEndpoint !== undefined && { managementEndpoint }),
    ...(options["dead-letter-queue"] !== undefined && { deadLetterQueue: options["dead-letter-queue"] }),
    ...(options["fanout-function"] !== undefined && { fanoutFunction: options["fanout-function"] }),
    ...(options["connect-topic"] !== undefined && { connectTopic: options["connect-topic"] }),
  };
}

function deployedTarget({ url, table, queue }: VerifyOptions): Target {
  if (url !== undefined && table !== undefined && queue !== undefined) {
    return { kind: "aws", url, table, queue };
  }
  const missing = Object.entries({ "--url": url, "--table": table, "--queue": queue })
    .filter(([, value]) => value === undefined)
    .map(([flag]) => flag);
  throw new UsageError(
    `a deployed stage needs --url, --table and --queue; ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} missing. ` +
      "With --local they replace those of the local stack",
  );
}

async function localTarget({ env: file = ENV_FILE, url, table, queue }: VerifyOptions): Promise<Target> {
  const env = parseEnv(await readFile(file, "utf8").catch(() => ""));
  const { PUBSUB_TABLE_NAME, PUBSUB_QUEUE_URL, AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: endpoint } = env;
  if (!PUBSUB_TABLE_NAME || !PUBSUB_QUEUE_URL || !endpoint) {
    throw new NotAvailableError(
      `no local stack runs in this folder: there is no ${file}. npm start starts one; ` +
        "--url, --table and --queue name a deployed stage",
    );
  }
  // The file remains when a stack is killed, and other servers may use its ports by now
  if (!(await isStackRunning(env))) {
    throw new NotAvailableError(`the local stack of ${file} does not run any more; npm start starts one`);
  }
  Object.assign(process.env, env);
  return {
    kind: "local",
    url: url ?? new URL("/", endpoint.replace(/^http/, "ws")).href,
    table: table ?? PUBSUB_TABLE_NAME,
    queue: queue ?? PUBSUB_QUEUE_URL,
  };
}
