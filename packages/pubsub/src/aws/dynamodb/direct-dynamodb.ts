import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import { createDirectCalls } from "../transport/direct-calls.ts";

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

/** A table that is named by its ARN has its account's endpoint; of several, the SDK goes by the first. */
function tableOf({ TableName, RequestItems = {}, TransactItems = [] }: TableInput): string {
  const [first] = Object.values(TransactItems[0] ?? {});
  return TableName ?? Object.keys(RequestItems)[0] ?? first?.TableName ?? "";
}

/**
 * Makes a client send its calls directly. Attributes stand in an input as they go over the wire, binary ones
 * excepted, of which this library has none; a transaction must have its token.
 */
export function directDynamodb(client: DynamoDBClient): DynamoDBClient {
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
  );
  client.middlewareStack.add(direct.take, { step: "initialize", priority: "low", name: "directCalls" });
  client.middlewareStack.add(direct.learn, { step: "finalizeRequest", name: "learnEndpoint" });
  // Nobody is told, and what there would be to tell is put together all the same: an eighth of a large query's CPU
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}
