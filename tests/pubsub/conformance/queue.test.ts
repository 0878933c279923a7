import { createSqsFanoutQueue } from "../../../packages/pubsub/src/aws/sqs/fanout-queue.ts";
import { createMemoryQueue } from "../../../packages/pubsub/src/testing/queue.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { receiveAll, testSqs } from "../../support/sqs-queues.ts";
import { describeQueueConformance } from "./queue.ts";

const VISIBILITY_MS = 30_000;

describeQueueConformance("in memory", async () => {
  const clock = createManualClock();
  const queue = createMemoryQueue(clock);
  const sent: number[] = [];
  const send = queue.send;
  return {
    queue: {
      ...queue,
      async send(messages) {
        await send(messages);
        for (const { delaySeconds } of messages) sent.push(delaySeconds);
      },
    },
    receiveAll: async () => queue.receive(1_000, VISIBILITY_MS).map(({ body }) => body),
    delays: async () => sent,
    deadLetters: async () => queue.deadLetters.map(({ body, reason }) => ({ body, ...reason })),
  };
});

const sqs = testSqs();
describeQueueConformance("SQS", async () => {
  const { client, queueUrl, deadLetterQueueUrl, delays } = await sqs.queues();
  return {
    queue: createSqsFanoutQueue({ client, queueUrl }, createManualClock()),
    receiveAll: async () => (await receiveAll(client, queueUrl)).map(({ Body = "" }) => Body),
    delays: async () => delays,
    deadLetters: async () => {
      const letters = await receiveAll(client, deadLetterQueueUrl);
      return letters.map(({ Body = "", MessageAttributes = {} }) => ({
        body: Body,
        code: MessageAttributes.Code?.StringValue ?? "",
        message: MessageAttributes.Reason?.StringValue ?? "",
        attempts: Number(MessageAttributes.Attempts?.StringValue),
      }));
    },
  };
});
