import { type LazyCommand, lazyCommand } from "../sdk/lazy-command.ts";

type Sdk = typeof import("../sdk/dynamodb.ts");

const load = (): Promise<Sdk> => import("../sdk/dynamodb.ts");

/** The SDK's commands for DynamoDB, which load the SDK only if its client sends them. */
export const BatchWriteItemCommand: LazyCommand<Sdk["BatchWriteItemCommand"]> = lazyCommand(
  "BatchWriteItemCommand",
  load,
);
export const DeleteItemCommand: LazyCommand<Sdk["DeleteItemCommand"]> = lazyCommand(
  "DeleteItemCommand",
  load,
);
export const GetItemCommand: LazyCommand<Sdk["GetItemCommand"]> = lazyCommand("GetItemCommand", load);
export const PutItemCommand: LazyCommand<Sdk["PutItemCommand"]> = lazyCommand("PutItemCommand", load);
export const QueryCommand: LazyCommand<Sdk["QueryCommand"]> = lazyCommand("QueryCommand", load);
export const TransactWriteItemsCommand: LazyCommand<Sdk["TransactWriteItemsCommand"]> = lazyCommand(
  "TransactWriteItemsCommand",
  load,
);
export const UpdateItemCommand: LazyCommand<Sdk["UpdateItemCommand"]> = lazyCommand(
  "UpdateItemCommand",
  load,
);
