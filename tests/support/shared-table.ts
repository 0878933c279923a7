import { afterAll } from "vitest";
import { createTestTable, type TestTable } from "./table.ts";

/** Returns a function that creates one table for a test file at its first call. The client closes after the file. */
export function sharedTestTable(): () => Promise<TestTable> {
  let table: Promise<TestTable> | undefined;
  afterAll(async () => (await table)?.client.destroy());
  return () => {
    table ??= createTestTable();
    return table;
  };
}
