import { type LazyCommand, lazyCommand } from "../sdk/lazy-command.ts";

type Sdk = typeof import("../sdk/sqs.ts");

const load = (): Promise<Sdk> => import("../sdk/sqs.ts");

/** The SDK's commands for SQS, which load the SDK only if its client sends them. */
export const ChangeMessageVisibilityBatchCommand: LazyCommand<Sdk["ChangeMessageVisibilityBatchCommand"]> =
  lazyCommand("ChangeMessageVisibilityBatchCommand", load);
export const DeleteMessageBatchCommand: LazyCommand<Sdk["DeleteMessageBatchCommand"]> = lazyCommand(
  "DeleteMessageBatchCommand",
  load,
);
export const GetQueueAttributesCommand: LazyCommand<Sdk["GetQueueAttributesCommand"]> = lazyCommand(
  "GetQueueAttributesCommand",
  load,
);
export const GetQueueUrlCommand: LazyCommand<Sdk["GetQueueUrlCommand"]> = lazyCommand(
  "GetQueueUrlCommand",
  load,
);
export const ReceiveMessageCommand: LazyCommand<Sdk["ReceiveMessageCommand"]> = lazyCommand(
  "ReceiveMessageCommand",
  load,
);
export const SendMessageBatchCommand: LazyCommand<Sdk["SendMessageBatchCommand"]> = lazyCommand(
  "SendMessageBatchCommand",
  load,
);
export const SendMessageCommand: LazyCommand<Sdk["SendMessageCommand"]> = lazyCommand(
  "SendMessageCommand",
  load,
);
