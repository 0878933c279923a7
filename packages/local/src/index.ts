export {
  addUsage,
  type Cost,
  costOf,
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
export type {
  CallSubject,
  DynamodbErrorName,
  DynamodbFault,
  SqsErrorName,
  SqsFault,
} from "./faults/call-fault-types.ts";
export type { MessageFault, MessageSubject } from "./faults/message-faults.ts";
export type {
  Gateway,
  GatewayFaults,
  GatewayLimits,
  PostFault,
  PostRecord,
  PostSubject,
} from "./gateway/index.ts";
export type { LocalEnv } from "./local-env.ts";
export type { LocalFaults } from "./local-faults.ts";
export type { LocalLogSource, LogLevel } from "./local-log.ts";
export type { LocalOptions } from "./local-options.ts";
export { isStackRunning } from "./stack-id.ts";
export type { FunctionName, WorkerFaultOptions, WorkerFaults } from "./start-functions.ts";
export { type LocalStack, type LocalStats, startLocal } from "./start-local.ts";
export { FunctionInvocationError, type FunctionStats } from "./workers/index.ts";
