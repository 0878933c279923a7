import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { CallCounts } from "./orders.ts";

const WRITES = ["PutItemCommand", "TransactWriteItemsCommand", "UpdateItemCommand"];
const CONFLICTS = [
  "ConditionalCheckFailedException",
  "TransactionCanceledException",
  "TransactionConflictException",
];

/** Counts the calls of a client from now on. The returned object is updated with every call. */
export function countCalls(client: DynamoDBClient): CallCounts {
  const counts: CallCounts = { writes: 0, reads: 0, conflicts: 0 };
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        if (WRITES.includes(commandName)) counts.writes += 1;
        else counts.reads += 1;
        try {
          return await next(args);
        } catch (error) {
          if (error instanceof Error && CONFLICTS.includes(error.name)) counts.conflicts += 1;
          throw error;
        }
      },
    { step: "initialize", name: "benchmarkCallCounts" },
  );
  return counts;
}
