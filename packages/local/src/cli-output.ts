import { isAbsolute, relative } from "node:path";
import { examplePath } from "./module-paths.ts";
import type { PlacedEnvironment } from "./place-environment.ts";
import type { LocalStack } from "./start-local.ts";

export function introduction(stack: LocalStack, environment: PlacedEnvironment): string {
  const place = environment.file && shownPath(environment.file.path);
  const inspector = stack.inspectorUrl === undefined ? "" : `\n  Inspector         ${stack.inspectorUrl}`;
  return `
  WebSocket API     ${stack.websocketUrl}
  @connections      ${stack.managementEndpoint}${stack.httpUrl === undefined ? "" : `\n  Function URL      ${stack.httpUrl}`}
  DynamoDB          ${stack.dynamodbEndpoint}  table ${stack.dynamodbTableName}
  Fan-out queue     ${stack.fanoutQueueUrl}
  Dead letters      ${stack.deadLetterQueueUrl}
  Environment       ${place ? `${place}  (node --env-file=${place} …)` : "not written"}${inspector}
${environment.note ? `\n${environment.note}\n` : ""}
Subscribe, in two terminals:

  npx wscat -c ${stack.websocketUrl}
  > {"action":"SUBSCRIBE","topicId":"room-1","requestId":"1"}
${clientPublish(stack)}
Publish, in a third:

${publishCommand(stack, place)}

Ctrl-C stops everything. Warnings and errors of the functions follow.
`;
}

/** Only a stack with a publish function is known to handle it. */
const clientPublish = (stack: LocalStack): string =>
  stack.stats().publish === undefined
    ? ""
    : `  > {"action":"PUBLISH","topicId":"room-1","data":"hello","requestId":"2"}\n`;

function publishCommand({ env }: LocalStack, place: string | undefined): string {
  const program = examplePath === undefined ? INLINE_PUBLISH : shownPath(examplePath);
  if (place !== undefined) return `  node --env-file=${place} ${program}`;
  const variables = Object.entries(env).map(([name, value]) => `  export ${name}='${value}'`);
  return [...variables, `  node ${program}`].join("\n");
}

/** Shows the path relative to the folder where the user typed the command. Under npm the command may run elsewhere. */
export function shownPath(path: string, from: string = process.env.INIT_CWD ?? process.cwd()): string {
  const shown = relative(from, path);
  return shown.startsWith("..") || isAbsolute(shown) ? path : shown;
}

const INLINE_PUBLISH = `--input-type=module -e '
  import { publishToTopic } from "lambda-websocket-pubsub";
  const { PUBSUB_TABLE_NAME: dynamodbTableName, PUBSUB_QUEUE_URL: fanoutQueueUrl } = process.env;
  const config = { dynamodbTableName, fanoutQueueUrl };
  console.log(await publishToTopic({ topicId: "room-1", data: { text: "hello" }, config }));'`;
