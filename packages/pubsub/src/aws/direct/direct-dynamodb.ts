import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import { createDirectCalls } from "./direct-calls.ts";

const OPERATIONS = [
  "BatchWriteItem",
  "DeleteItem",
  "GetItem",
  "PutItem",
  "Query",
  "TransactWriteItems",
  "UpdateItem",
];

const REFUSALS = {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
};

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
      refusalOf(type, { message, Message, ...answer }) {
        const Refusal = REFUSALS[type as keyof typeof REFUSALS];
        return Refusal && new Refusal({ ...answer, message: String(message ?? Message), $metadata: {} });
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
