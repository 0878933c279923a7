import { once } from "node:events";
import type { DeleteMessageBatchCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { redriveDeadLetters } from "lambda-websocket-pubsub";
import { sqsClient } from "../../packages/pubsub/src/aws/sdk/clients.ts";

/**
 * A redrive in its own process. It pauses before its removal number PAUSE_AT, counted from 0, when letters have been
 * sent but not removed. It holds the letters for HOLD_SECONDS if that is given.
 */
const { PUBSUB_TABLE_NAME: dynamodbTableName = "", PUBSUB_QUEUE_URL: fanoutQueueUrl } = process.env;
const { PAUSE_AT, HOLD_SECONDS } = process.env;
let removals = 0;

sqsClient().middlewareStack.add(
  (next, { commandName }) =>
    async (args) => {
      if (commandName === "ReceiveMessageCommand" && HOLD_SECONDS !== undefined) {
        const input = args.input as ReceiveMessageCommand["input"];
        return next({ ...args, input: { ...input, VisibilityTimeout: Number(HOLD_SECONDS) } });
      }
      if (commandName !== "DeleteMessageBatchCommand" || String(removals++) !== PAUSE_AT) return next(args);
      const { Entries = [] } = args.input as DeleteMessageBatchCommand["input"];
      const goOn = once(process, "message");
      process.send?.({ sent: Entries.map(({ ReceiptHandle }) => ReceiptHandle) });
      await goOn;
      return next(args);
    },
  { step: "initialize", name: "pause" },
);

process.on("disconnect", () => process.exit(0));
process.send?.({ result: await redriveDeadLetters({ config: { dynamodbTableName, fanoutQueueUrl } }) });
process.disconnect?.();
