import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import { createDirectCalls } from "../transport/direct-calls.ts";
import type { OnDirectPathDisabled } from "../transport/direct-path.ts";

const OPERATIONS = [
  "BatchWriteItem",
  "DeleteItem",
  "GetItem",
  "PutItem",
  "Query",
  "TransactWriteItems",
  "UpdateItem",
];

const REFUSALS = new Map(
  Object.entries({
    ConditionalCheckFailedException,
    TransactionCanceledException,
    TransactionConflictException,
  }),
);

interface TableInput {
  TableName?: string;
  RequestItems?: Record<string, unknown>;
  TransactItems?: Record<string, { TableName?: string }>[];
}

/** A table named by its ARN has its account's endpoint. If there are several, the SDK uses the first. */
function tableOf({ TableName, RequestItems = {}, TransactItems = [] }: TableInput): string {
  const [first] = Object.values(TransactItems[0] ?? {});
  return TableName ?? Object.keys(RequestItems)[0] ?? first?.TableName ?? "";
}

/**
 * Makes a client send its calls directly. Attributes have the same form in an input as on the wire, except binary
 * ones: `bytes` and `readBytes` of attributes.ts know both forms. A transaction must have its token.
 */
export function directDynamodb(client: DynamoDBClient, onDisabled: OnDirectPathDisabled): DynamoDBClient {
  const direct = createDirectCalls(
    {
      name: "dynamodb",
      targetPrefix: "DynamoDB_20120810",
      operations: OPERATIONS,
      addressOf: tableOf,
      refusalOf(type, { message, Message, ...answer }) {
        const Refusal = REFUSALS.get(type);
        const text = String(message ?? Message ?? "UnknownError");
        return Refusal && new Refusal({ ...answer, message: text, $metadata: {} });
      },
    },
    client.config,
    onDisabled,
  );
  client.middlewareStack.add(direct.take, { step: "initialize", priority: "low", name: "directCalls" });
  client.middlewareStack.add(direct.learn, { step: "finalizeRequest", name: "learnEndpoint" });
  // It prepares what it would log even if it logs nothing: an eighth of a large query's CPU time
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}
