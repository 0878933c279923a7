import { afterAll } from "vitest";
import type { DynamodbTable } from "../../packages/pubsub/src/aws/dynamodb/table.ts";
import { createTestTable } from "./table.ts";

/** One table for a test file, made when it is first asked for; its client is closed when the file is done. */
export function sharedTestTable(): () => Promise<DynamodbTable> {
  let table: Promise<DynamodbTable> | undefined;
  afterAll(async () => (await table)?.client.destroy());
  return () => {
    table ??= createTestTable();
    return table;
  };
}
