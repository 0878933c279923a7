import { once } from "node:events";
import { type DeleteMessageBatchCommandInput, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { redriveDeadLetters } from "lambda-websocket-pubsub";
import { sqsClient } from "../../packages/pubsub/src/aws/sdk/clients.ts";

/**
 * A redrive in its own process. It pauses before its removal number PAUSE_AT, counted from 0, when letters have been
 * sent but not removed. It holds the letters for HOLD_SECONDS if that is given.
 */
const { PUBSUB_TABLE_NAME: dynamodbTableName = "", PUBSUB_QUEUE_URL: fanoutQueueUrl } = process.env;
const { PAUSE_AT, HOLD_SECONDS } = process.env;
let removals = 0;

const client = sqsClient();
const send = client.send as (command: object) => Promise<unknown>;
const pausing = async (command: { input: object }): Promise<unknown> => {
  const { name } = command.constructor;
  if (name === "ReceiveMessageCommand" && HOLD_SECONDS !== undefined) {
    const input = { ...command.input, VisibilityTimeout: Number(HOLD_SECONDS) };
    return send(new ReceiveMessageCommand(input as ReceiveMessageCommand["input"]));
  }
  if (name !== "DeleteMessageBatchCommand" || String(removals++) !== PAUSE_AT) return send(command);
  const { Entries = [] } = command.input as DeleteMessageBatchCommandInput;
  const goOn = once(process, "message");
  process.send?.({ sent: Entries.map(({ ReceiptHandle }) => ReceiptHandle) });
  await goOn;
  return send(command);
};
client.send = pausing as typeof client.send;

process.on("disconnect", () => process.exit(0));
process.send?.({ result: await redriveDeadLetters({ config: { dynamodbTableName, fanoutQueueUrl } }) });
process.disconnect?.();
