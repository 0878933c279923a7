export {
  addUsage,
  type Cost,
  costOf,
  type Price,
  type PricedUnit,
  type PriceTable,
  priceTable,
  subtractUsage,
  type Usage,
} from "./cost/index.ts";
export { type Credentials, localCredentials } from "./credentials.ts";
export {
  createTable,
  type DynamodbLocal,
  type DynamodbOptions,
  startDynamodb,
  type TableOptions,
} from "./dynamodb/index.ts";
export { PubsubLocalError, type PubsubLocalErrorCode } from "./errors.ts";
export type { MappingStats } from "./event-source-mapping/index.ts";
export type { Gateway, GatewayFaults, GatewayLimits } from "./gateway/index.ts";
export type { LocalLogSource, LogLevel } from "./local-log.ts";
export type { LocalOptions } from "./local-options.ts";
export type { FunctionName, WorkerFaultOptions, WorkerFaults } from "./start-functions.ts";
export { type LocalStack, type LocalStats, startLocal } from "./start-local.ts";
export { FunctionInvocationError, type FunctionStats } from "./workers/index.ts";
