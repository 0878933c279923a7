import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Context, SQSEvent } from "aws-lambda";
import fc from "fast-check";
import {
  createFanoutHandler,
  createWebsocketHandler,
  type WebsocketEvent,
} from "lambda-websocket-pubsub/handlers";
import { localCredentials as credentials } from "../../../../packages/local/src/credentials.ts";
import { createTable, startDynamodb } from "../../../../packages/local/src/dynamodb/index.ts";
import { createQueues, startSqs } from "../../../../packages/local/src/sqs/index.ts";
import { messageText } from "../inputs/messages.ts";
import { kindOfEvent } from "../oracles/event-oracle.ts";
import { isFanoutMessage } from "../oracles/message-oracle.ts";
import { type Surface, Violation } from "../surface.ts";
import { websocketEvents } from "./websocket.ts";

/** Either an invocation of the websocket handler as JSON text, or a message of the fan-out queue. */
export type DatabaseInput = { event: string } | { body: string };

const region = "us-east-1";
const lambda = { getRemainingTimeInMillis: () => 20_000 } as Context;
/** The messages that SQS accepts and can therefore deliver: 1 MiB, minus the size of a dead letter's attributes. */
const QUEUE_TEXT = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd]+$/;
const MAX_QUEUE_BYTES = 1_040_000;
const canBeQueued = (body: string): boolean =>
  QUEUE_TEXT.test(body) && Buffer.byteLength(body) <= MAX_QUEUE_BYTES;

const inputs: fc.Arbitrary<DatabaseInput> = fc.oneof(
  websocketEvents
    .filter((event) => kindOfEvent(JSON.parse(event)) === "no-frame")
    .map((event) => ({ event })),
  messageText.filter((body) => canBeQueued(body) && !isFanoutMessage(body)).map((body) => ({ body })),
);

/**
 * Starts the shipped handlers on DynamoDB Local and SQS. They get only input that they must reject. At the end, the
 * table must have no row, and the dead-letter queue must contain each malformed message.
 */
export async function startDatabaseSurface(): Promise<Surface<DatabaseInput>> {
  const dynamodb = await startDynamodb();
  const sqs = await startSqs({ region });
  const sink = createServer((request, response) => void request.resume().on("end", () => response.end()));
  sink.listen(0, "127.0.0.1");
  await once(sink, "listening");
  Object.assign(process.env, {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
  });
  const dynamodbTableName = `hostile-${randomUUID()}`;
  await createTable({ endpoint: dynamodb.endpoint, tableName: dynamodbTableName, region, credentials });
  const { fanoutQueueUrl, deadLetterQueueUrl } = await createQueues({
    endpoint: sqs.endpoint,
    region,
    credentials,
  });
  const managementEndpoint = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/stage`;
  const config = { dynamodbTableName, fanoutQueueUrl, managementEndpoint };
  // One connection sends them all. Its brake would refuse most before they are decoded, and count them in a row
  const unlimited = { maxDollarsPerHour: 1_000, maxMessagesPerSecond: 10_000 };
  const onWebsocket = createWebsocketHandler({ config, authorize: "everybody", ...unlimited });
  const onMessages = createFanoutHandler({ config, partialBatchResponses: true });
  let malformed = 0;

  async function readCounts(): Promise<{ rows: number; inDeadLetterQueue: number }> {
    const table = new DynamoDBClient({ endpoint: dynamodb.endpoint, region, credentials });
    const queue = new SQSClient({ endpoint: sqs.endpoint, region, credentials });
    const { Count: rows = 0 } = await table.send(
      new ScanCommand({ TableName: dynamodbTableName, Select: "COUNT" }),
    );
    const ask = { QueueUrl: deadLetterQueueUrl, AttributeNames: ["ApproximateNumberOfMessages" as const] };
    const { Attributes } = await queue.send(new GetQueueAttributesCommand(ask));
    table.destroy();
    queue.destroy();
    return { rows, inDeadLetterQueue: Number(Attributes?.ApproximateNumberOfMessages) };
  }

  return {
    inputs,
    async attempt(input) {
      if ("event" in input) {
        const { statusCode } = await onWebsocket(JSON.parse(input.event) as WebsocketEvent);
        if (statusCode !== 200) throw new Violation(`expected status 200; got ${statusCode}`);
        return { accepted: false, rowsWritten: 0 };
      }
      malformed += 1;
      const record = {
        messageId: `message-${malformed}`,
        body: input.body,
        attributes: { ApproximateReceiveCount: "1" },
      };
      const { batchItemFailures } = await onMessages({ Records: [record] } as unknown as SQSEvent, lambda);
      if (batchItemFailures.length > 0) throw new Violation("a malformed message was not dead-lettered");
      return { accepted: false, rowsWritten: 0 };
    },
    async stop() {
      try {
        const { rows, inDeadLetterQueue } = await readCounts();
        if (rows > 0) throw new Violation(`${rows} rows were written for input that was rejected`);
        if (inDeadLetterQueue !== malformed) {
          throw new Violation(
            `${inDeadLetterQueue} of ${malformed} malformed messages are in the dead-letter queue`,
          );
        }
      } finally {
        sink.closeAllConnections();
        sink.close();
        await sqs.stop();
        await dynamodb.stop();
      }
    },
  };
}
