import type { JsonService } from "../transport/direct-calls.ts";
import { readRefusal } from "./refusals.ts";

const OPERATIONS = [
  "BatchWriteItem",
  "DeleteItem",
  "GetItem",
  "PutItem",
  "Query",
  "TransactWriteItems",
  "UpdateItem",
];

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
 * The calls of DynamoDB that go directly. Attributes have the same form in an input as on the wire, except binary
 * ones: `bytes` and `readBytes` of attributes.ts know both forms. A transaction must have its token.
 */
export const dynamodbService: JsonService = {
  name: "dynamodb",
  targetPrefix: "DynamoDB_20120810",
  operations: OPERATIONS,
  addressOf: tableOf,
  refusalOf: readRefusal,
};
