/** A FIFO queue cannot delay single messages. It is refused before anything is called. */
import {
  type PubsubConfig,
  publishToTopic,
  redriveDeadLetters,
  subscribeToTopic,
} from "lambda-websocket-pubsub";
import { createFanoutHandler, createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { expect, it } from "vitest";
import { consumerOf } from "../../support/samples.ts";

const urlOf = (name: string): string => `https://sqs.eu-west-1.amazonaws.com/111122223333/${name}`;
const configOf = (name: string): PubsubConfig => ({ dynamodbTableName: "t", fanoutQueueUrl: urlOf(name) });
const config = configOf("fanout.fifo");
const refusal = {
  code: "INVALID_ARGUMENT",
  retryable: false,
  message: expect.stringMatching(/^config\.fanoutQueueUrl must be the URL of a standard queue/),
};

it.each<[string, () => unknown]>([
  ["publishToTopic", () => publishToTopic({ topicId: "t", data: 1, config })],
  ["subscribeToTopic", () => subscribeToTopic({ topicId: "t", consumer: consumerOf("c"), config })],
  ["redriveDeadLetters", () => redriveDeadLetters({ config })],
  ["createFanoutHandler", () => createFanoutHandler({ config })],
  ["createWebsocketHandler", () => createWebsocketHandler({ config, authorize: "everybody" })],
])("%s refuses the URL of a FIFO queue", async (_, call) => {
  await expect((async () => call())()).rejects.toMatchObject(refusal);
});

it.each(["fifo", "orders-fifo", "fifo.orders"])(
  "createFanoutHandler accepts the standard queue %s",
  (name) => {
    expect(createFanoutHandler({ config: configOf(name) })).toBeTypeOf("function");
  },
);
