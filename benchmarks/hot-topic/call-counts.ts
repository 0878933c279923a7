import type { DynamodbClient } from "../../packages/pubsub/src/aws/dynamodb/table.ts";
import type { CallCounts } from "./orders.ts";

const WRITES = ["PutItemCommand", "TransactWriteItemsCommand", "UpdateItemCommand"];
const CONFLICTS = [
  "ConditionalCheckFailedException",
  "TransactionCanceledException",
  "TransactionConflictException",
];

/** Counts the calls of a client from now on. The returned object is updated with every call. */
export function countCalls(client: DynamodbClient): CallCounts {
  const counts: CallCounts = { writes: 0, reads: 0, conflicts: 0 };
  const send = client.send as (command: object) => Promise<unknown>;
  const counting = async (command: object): Promise<unknown> => {
    if (WRITES.includes(command.constructor.name)) counts.writes += 1;
    else counts.reads += 1;
    try {
      return await send(command);
    } catch (error) {
      if (error instanceof Error && CONFLICTS.includes(error.name)) counts.conflicts += 1;
      throw error;
    }
  };
  client.send = counting as typeof client.send;
  return counts;
}
