export { createTable, type TableOptions } from "./create-table.ts";
export { type DynamodbLocal, type DynamodbOptions, startDynamodb } from "./start-dynamodb.ts";
export {
  type MeteredDynamodb,
  type MeteredDynamodbOptions,
  startMeteredDynamodb,
} from "./start-metered-dynamodb.ts";
