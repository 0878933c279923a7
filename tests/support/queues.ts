import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { eventually } from "./eventually.ts";

interface Queues {
  sqs: SQSClient;
  config: { fanoutQueueUrl: string };
  stack: { deadLetterQueueUrl: string };
}

/**
 * Waits until the fan-out has no work left: no message is visible, in flight or delayed. A worker holds its message
 * until it has ended, so an event that has not been posted after this wait will never be posted.
 */
export async function fanoutIdle({ sqs, config }: Queues): Promise<void> {
  const nothing = {
    ApproximateNumberOfMessages: "0",
    ApproximateNumberOfMessagesNotVisible: "0",
    ApproximateNumberOfMessagesDelayed: "0",
  };
  await eventually(async () => {
    const get = new GetQueueAttributesCommand({ QueueUrl: config.fanoutQueueUrl, AttributeNames: ["All"] });
    expect((await sqs.send(get)).Attributes).toMatchObject(nothing);
  });
}

/** Puts messages on the fan-out queue, in one call. */
export async function sendToFanout({ sqs, config }: Queues, bodies: readonly string[]): Promise<void> {
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  const { Failed } = await sqs.send(
    new SendMessageBatchCommand({ QueueUrl: config.fanoutQueueUrl, Entries }),
  );
  expect(Failed ?? []).toEqual([]);
}

/** Waits until a queue has messages, then receives one or more and deletes them. */
export async function takeMessages({ sqs }: Pick<Queues, "sqs">, queueUrl: string): Promise<Message[]> {
  const receive = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 1,
    MessageAttributeNames: ["All"],
  });
  const messages = await eventually(async () => {
    const { Messages = [] } = await sqs.send(receive);
    expect(Messages, `messages in ${queueUrl}`).not.toEqual([]);
    return Messages;
  });
  for (const { ReceiptHandle } of messages) {
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  }
  return messages;
}

export interface DeadLetter {
  body: string;
  code: string | undefined;
  attempts: string | undefined;
  reason: string | undefined;
}

export async function takeDeadLetters(queues: Queues): Promise<DeadLetter[]> {
  const messages = await takeMessages(queues, queues.stack.deadLetterQueueUrl);
  return messages.map(({ Body = "", MessageAttributes = {} }) => ({
    body: Body,
    code: MessageAttributes.Code?.StringValue,
    attempts: MessageAttributes.Attempts?.StringValue,
    reason: MessageAttributes.Reason?.StringValue,
  }));
}
