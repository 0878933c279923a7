/** What each party of docs/security.md tries, in the words of the document's column "can't". */
import type { Synthesized } from "../suite.ts";
import type { Statement } from "../synth/template.ts";
import { isAllowed, type Permission, type PolicyRequest, toStatement } from "./evaluate-policy.ts";

export type Party =
  | "API Gateway"
  | "websocket function"
  | "fan-out function"
  | "producer"
  | "publish function"
  | "HTTP publish function";

/** Returns one result for each try: whether the party may do it. */
type Attempt = (stage: Synthesized, statements: readonly Statement[]) => boolean[];

const CONSUMER = "consumer#abc.execute-api.eu-north-1.amazonaws.com/$default/c=";
const SPENDING = "spending#abc.execute-api.eu-north-1.amazonaws.com/$default/c=";
const USER = "user#somebody";
const LEDGER = "fanout#room#0m1c2d3e4#0000000000000001";
const ROOM = "topic#room";

const READS = ["GetItem", "BatchGetItem", "Query", "ConditionCheckItem", "PartiQLSelect"];
const WRITES = ["PutItem", "UpdateItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate"];
const DELETES = ["DeleteItem", "BatchWriteItem", "PartiQLDelete"];
const ALL = [...new Set([...READS, ...WRITES, ...DELETES])];

/** Tries operations on rows, one row at a time, and in a batch beside a row that the party may write. */
const onRows =
  (operations: readonly string[], ...keys: string[]): Attempt =>
  (stage, statements) =>
    operations.flatMap((operation) =>
      [...keys.map((key) => [key]), ...keys.map((key) => [ROOM, CONSUMER, key])].map((leadingKeys) =>
        may(statements, `dynamodb:${operation}`, stage.arn("table"), { "dynamodb:LeadingKeys": leadingKeys }),
      ),
    );

/** What a log consists of, besides its epoch record: the attributes of each row. */
const WRITTEN: Readonly<Record<string, string[]>> = {
  event: ["p", "u", "publicationId", "publishedAt", "json", "bytesSoFar", "expiresAt"],
  "compressed event": ["p", "u", "publicationId", "publishedAt", "deflated", "expiresAt"],
  fence: ["p", "u", "fence", "expiresAt"],
  "idempotency record": ["p", "u", "epoch", "offset", "expiresAt"],
};

/** Tries to write each of them, with a put or by changing a row that is there. */
const onEvents: Attempt = (stage, statements) =>
  Object.values(WRITTEN).flatMap((attributes) =>
    WRITES.map((operation) =>
      may(statements, `dynamodb:${operation}`, stage.arn("table"), {
        "dynamodb:LeadingKeys": [ROOM],
        "dynamodb:Attributes": attributes,
      }),
    ),
  );

/** Tries operations that name no row, such as a scan. */
const onTable =
  (...operations: string[]): Attempt =>
  (stage, statements) =>
    operations.map((operation) => may(statements, `dynamodb:${operation}`, stage.arn("table")));

const onIndex: Attempt = (stage, statements) =>
  ["Query", "Scan", "PartiQLSelect"].map((operation) =>
    may(statements, `dynamodb:${operation}`, `${stage.arn("table")}/index/SecondaryIndex`, {
      "dynamodb:LeadingKeys": [ROOM],
    }),
  );

const onQueues =
  (...actions: string[]): Attempt =>
  (stage, statements) =>
    ["FanoutQueueQueue", "DeadLetterQueueQueue"].flatMap((queue) =>
      actions.map((action) => may(statements, `sqs:${action}`, stage.arn("queue", queue))),
    );

const onConnections: Attempt = (stage, statements) => {
  const connection = (method: string): string =>
    `${stage.one("api").outputs.executionArn}/$default/${method}/@connections/c=`;
  return ["POST", "GET", "DELETE"].flatMap((method) =>
    ["ManageConnections", "Invoke"].map((action) =>
      may(statements, `execute-api:${action}`, connection(method)),
    ),
  );
};

const onRoles: Attempt = (stage, statements) =>
  stage.all("role").map(({ outputs }) => may(statements, "sts:AssumeRole", String(outputs.arn)));

/** Tries to learn what a connection has, or has seen. */
const onStatus: Attempt = (stage, statements) => [
  may(
    statements,
    "execute-api:ManageConnections",
    `${stage.one("api").outputs.executionArn}/$default/GET/@connections/c=`,
  ),
];

const receive = onQueues("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "PurgeQueue");

/** A client reaches what API Gateway may invoke, and a function answers to whom its resource policy names. */
const invokedByApi: Attempt = (stage) =>
  stage.all("permission").map(({ inputs }) => inputs.function === stage.arn("function", "FanoutFunction"));

const both =
  (...attempts: Attempt[]): Attempt =>
  (stage, statements) =>
    attempts.flatMap((attempt) => attempt(stage, statements));

export const ATTEMPTS: Readonly<Record<Party, Readonly<Record<string, Attempt>>>> = {
  "API Gateway": {
    "reach the table or the queues": both(
      onRows(ALL, ROOM, CONSUMER, LEDGER),
      onTable("Scan"),
      receive,
      onQueues("SendMessage"),
    ),
  },
  "websocket function": {
    "write an event": onEvents,
    "queue a fan-out": onQueues("SendMessage"),
    "read the index of subscribers": both(onIndex, onTable("Scan")),
    "read or write the ledger": onRows(ALL, LEDGER),
    "delete a topic's rows": onRows(DELETES, ROOM),
    "touch rows of another kind": both(
      onRows(ALL, "room", "Topic#room", "a topic#room", "*"),
      onTable(...ALL),
    ),
    "assume another role": onRoles,
  },
  "fan-out function": { "be invoked by a client": invokedByApi, "assume another role": onRoles },
  producer: {
    "delete rows": onRows(DELETES, ROOM, CONSUMER, LEDGER),
    "read or write subscriptions": onRows(ALL, CONSUMER),
    "write the ledger": onRows([...WRITES, ...DELETES], LEDGER),
    "read the queues": receive,
    "list a topic's subscribers": both(onIndex, onTable("Scan")),
    "post to connections itself": onConnections,
  },
  "publish function": {
    "write or delete subscriptions and revocations": onRows([...WRITES, ...DELETES], CONSUMER, USER),
    "list a topic's subscribers": both(onIndex, onTable("Scan")),
    "delete rows": onRows(DELETES, ROOM, CONSUMER, LEDGER, SPENDING),
    "write the ledger": onRows(WRITES, LEDGER),
    "read the queues": receive,
    "query a connection's status": onStatus,
    "assume another role": onRoles,
  },
  "HTTP publish function": {
    "read or write subscriptions": onRows(ALL, CONSUMER),
    "list a topic's subscribers": both(onIndex, onTable("Scan")),
    "delete rows": onRows(DELETES, ROOM, CONSUMER, LEDGER, SPENDING),
    "write the ledger": onRows(WRITES, LEDGER),
    "read the queues": receive,
    "post to connections": onConnections,
    "assume another role": onRoles,
  },
};

const ROLES: Readonly<Record<Exclude<Party, "producer">, string>> = {
  "API Gateway": "APIGatewayPushToCloudWatchLogsRole",
  "websocket function": "WebsocketRole",
  "fan-out function": "FanoutRole",
  "publish function": "PublishRole",
  "HTTP publish function": "HttpPublishRole",
};

export function statementsOf(stage: Synthesized, party: Party): Statement[] {
  if (party !== "producer") return stage.role(ROLES[party]).statements;
  return (stage.synthesis.links.Pubsub?.include ?? []).map((link) =>
    toStatement(link as unknown as Permission),
  );
}

const may = (
  statements: readonly Statement[],
  action: string,
  resource: string,
  context: PolicyRequest["context"] = {},
): boolean => isAllowed(statements, { action, resource, context });
