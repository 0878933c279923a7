import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type Consumer, listSubscribers } from "lambda-websocket-pubsub";
import { pubsubConfig } from "../../../functions/config.ts";

interface PageMessage {
  topicId: string;
  page: number;
  events: [{ json: string }];
}

const config = pubsubConfig();
const sqs = new SQSClient({});

/** The chain of the version before the dispatcher: each invocation posts to one consumer and queues the next. */
export async function handler(event: { Records: { body: string }[] }): Promise<{ batchItemFailures: [] }> {
  for (const { body } of event.Records) {
    const message = JSON.parse(body) as PageMessage;
    const consumers = await subscribersOf(message.topicId);
    const consumer = consumers[message.page - 1];
    if (consumer) await post(consumer, JSON.parse(message.events[0].json) as string);
    if (message.page < consumers.length) {
      const MessageBody = JSON.stringify({ ...message, page: message.page + 1 });
      await sqs.send(new SendMessageCommand({ QueueUrl: config.fanoutQueueUrl, MessageBody }));
    }
  }
  return { batchItemFailures: [] };
}

async function subscribersOf(topicId: string): Promise<Consumer[]> {
  const consumers: Consumer[] = [];
  for await (const consumer of listSubscribers({ topicId, config })) consumers.push(consumer);
  return consumers;
}

async function post({ connectionId }: Consumer, Data: string): Promise<void> {
  const endpoint = process.env.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI ?? "";
  const api = new ApiGatewayManagementApiClient({ endpoint });
  await api.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data }));
}
