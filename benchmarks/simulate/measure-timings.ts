import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import { ROW_BYTES } from "../../packages/cli/src/simulate/audience.ts";
import type { Timings } from "../../packages/cli/src/simulate/model.ts";
import { createDynamodbSubscriptions } from "../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import { dynamodbClient } from "../../packages/pubsub/src/aws/sdk/clients.ts";
import { systemClock } from "../../packages/pubsub/src/core/system-clock.ts";
import { median } from "../support/statistics.ts";

const CALLS = 20;
const QUERIES = 5;
/** A step of the dispatcher: ten parts. A megabyte has fewer rows. */
const PAGE_ROWS = 10_000;
const MEGABYTE = 1_048_576;

/**
 * Measures the calls that a fan-out makes of the stack's own servers, by the same code, in this process. Its workers have
 * started: no cold start.
 */
export async function measureTimings(
  { dynamodbTableName: tableName, fanoutQueueUrl }: LocalStack,
  topicId: string,
): Promise<Timings> {
  // With the stack's environment, which startPostingStack has set
  const dynamodb = dynamodbClient(() => {});
  const index = createDynamodbSubscriptions({ client: dynamodb, tableName }, systemClock);
  const sqs = new SQSClient({ endpoint: new URL(fanoutQueueUrl).origin });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "simulate-timings" }));
  try {
    const row = { p: { S: "simulate-timings" }, u: { S: "row" } };
    const put = new PutItemCommand({ TableName: tableName, Item: row });
    const storageCallMs = await timeOf(CALLS, () => dynamodb.send(put));
    let rows = 0;
    const queryMs = await timeOf(QUERIES, async () => {
      rows = (await index.page({ topicId, limit: PAGE_ROWS })).subscriptions.length;
    });
    const send = new SendMessageCommand({ QueueUrl, MessageBody: "x".repeat(1_000) });
    const queueSendMs = await timeOf(CALLS, () => sqs.send(send));
    const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1 });
    const queueToFunctionMs = await timeOf(CALLS, () => sqs.send(receive));
    const megabytes = (rows * ROW_BYTES) / MEGABYTE;
    const queryMsPerMegabyte = rows === 0 ? 0 : Math.max(0, queryMs - storageCallMs) / megabytes;
    return { storageCallMs, queryMsPerMegabyte, queueSendMs, queueToFunctionMs, coldStartMs: 0 };
  } finally {
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    sqs.destroy();
  }
}

/** The median of several calls, in milliseconds. The first one also connects and is left out. */
async function timeOf(count: number, call: () => Promise<unknown>): Promise<number> {
  await call();
  const times: number[] = [];
  for (let nth = 0; nth < count; nth++) {
    const startedMs = performance.now();
    await call();
    times.push(performance.now() - startedMs);
  }
  return median(times);
}
