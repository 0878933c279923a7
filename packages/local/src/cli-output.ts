import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { LocalLogSource } from "./local-log.ts";
import { runsFromSource } from "./module-paths.ts";
import type { LocalStack } from "./start-local.ts";

export const ENV_FILE = ".local/env";

/** In the format of `node --env-file`, and of a shell: single quotes keep the `$` of `$default`. */
export async function writeEnvFile(env: Record<string, string>, path: string = ENV_FILE): Promise<void> {
  const lines = Object.entries(env).map(([name, value]) => `${name}='${value}'\n`);
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true }); // `mode` only counts for a new file
  await writeFile(path, lines.join(""), { mode: 0o600 });
}

export function introduction(stack: LocalStack): string {
  return `
  WebSocket API     ${stack.websocketUrl}
  @connections      ${stack.managementEndpoint}
  DynamoDB          ${stack.dynamodbEndpoint}  table ${stack.dynamodbTableName}
  Fan-out queue     ${stack.fanoutQueueUrl}
  Dead letters      ${stack.deadLetterQueueUrl}
  Environment       ${ENV_FILE}  (node --env-file=${ENV_FILE} …)

Subscribe, in two terminals:

  npx wscat -c ${stack.websocketUrl}
  > {"action":"SUBSCRIBE","topicId":"room-1","requestId":"1"}

Publish, in a third:

  ${runsFromSource ? `node --env-file=${ENV_FILE} examples/publish.mjs` : INLINE_PUBLISH}

Ctrl-C stops everything. Warnings and errors of the functions follow.
`;
}

/** The repository has this as a file. */
const INLINE_PUBLISH = `node --env-file=${ENV_FILE} --input-type=module -e '
  import { publishToTopic } from "lambda-websocket-pubsub";
  const { PUBSUB_TABLE_NAME: dynamodbTableName, PUBSUB_QUEUE_URL: fanoutQueueUrl } = process.env;
  const config = { dynamodbTableName, fanoutQueueUrl };
  console.log(await publishToTopic({ topicId: "room-1", data: { text: "hello" }, config }));'`;

/** What a JSON log line needs to be shown; lines that are not JSON were written by hand, and always are. */
const SHOWN_LEVELS = /"level":\s*"(warn|warning|error|critical|fatal)"/i;

/** The line as shown to the user, or undefined. */
export function shownLog(line: string, source: LocalLogSource): string | undefined {
  if (source.kind === "stack") {
    const isProgress = source.name === "dynamodb";
    return source.level === "info" && !isProgress ? undefined : `[${source.name}] ${line}`;
  }
  if (line.trim() === "") return undefined;
  const isQuietJson = line.startsWith("{") && source.stream === "stdout" && !SHOWN_LEVELS.test(line);
  return isQuietJson ? undefined : `[${source.name} ${source.pid}] ${line}`;
}
