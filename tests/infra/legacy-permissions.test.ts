import { expect, it, vi } from "vitest";
import { isAllowed, type Permission, toStatement } from "./policy/evaluate-policy.ts";

const TABLE = "arn:aws:dynamodb:eu-north-1:123456789012:table/t";
/** SST's types belong to another project of TypeScript. */
const PERMISSIONS = "../../stacks/permissions.ts";

it("legacyPermissions allows the old package's rows and the index, and no row that this version writes", async () => {
  vi.stubGlobal("$interpolate", String.raw);
  const { legacyPermissions } = (await import(PERMISSIONS)) as {
    legacyPermissions: (storage: object) => Permission[];
  };
  const statements = legacyPermissions({ table: { arn: TABLE } }).map(toStatement);
  const may = (operation: string, ...keys: string[]): boolean =>
    isAllowed(statements, {
      action: `dynamodb:${operation}`,
      resource: TABLE,
      context: { "dynamodb:LeadingKeys": keys },
    });
  for (const operation of ["GetItem", "DeleteItem", "BatchWriteItem"]) {
    expect(may(operation, "room"), operation).toBe(true);
    for (const key of ["topic#room", "consumer#d/s/c", "fanout#room#e#1"]) {
      expect(may(operation, key), `${operation} ${key}`).toBe(false);
      expect(may(operation, "room", key), `${operation} room ${key}`).toBe(false);
    }
    expect(may(operation), `${operation} without a row`).toBe(false);
  }
  expect(may("PutItem", "room")).toBe(false);
  const index = { resource: `${TABLE}/index/SecondaryIndex`, context: {} };
  expect(isAllowed(statements, { action: "dynamodb:Query", ...index })).toBe(true);
});
