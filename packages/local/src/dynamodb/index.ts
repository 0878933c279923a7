export { createTable, type TableOptions } from "./create-table.ts";
export { type DynamodbLocal, type DynamodbOptions, startDynamodb } from "./start-dynamodb.ts";
