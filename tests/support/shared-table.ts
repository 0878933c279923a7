import { afterAll } from "vitest";
import type { DynamodbTable } from "../../packages/pubsub/src/aws/dynamodb/table.ts";
import { createTestTable } from "./table.ts";

/** Returns a function that creates one table for a test file at its first call. The client closes after the file. */
export function sharedTestTable(): () => Promise<DynamodbTable> {
  let table: Promise<DynamodbTable> | undefined;
  afterAll(async () => (await table)?.client.destroy());
  return () => {
    table ??= createTestTable();
    return table;
  };
}
