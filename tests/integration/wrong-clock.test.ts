/** The local gateway, DynamoDB and SQS refuse signatures that are more than 5 minutes off, as AWS does. */
import { randomUUID } from "node:crypto";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { localCredentials as credentials } from "lambda-websocket-pubsub-local";
import { expect, it, onTestFinished } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { startPublisher } from "../support/publisher-process.ts";
import { connectSubscribers } from "../support/sockets.ts";

const local = stackForFile();
const MINUTE_MS = 60_000;
const SUBSCRIBERS = 20;

it.each([
  ["through the queue", 10],
  ["through the queue", -10],
  ["in process", 10],
  ["in process", -10],
])("delivers events that a producer publishes %s while its clock is %i minutes off", async (way, minutes) => {
  const topicId = randomUUID();
  const sockets = await connectSubscribers(local.stack, topicId, SUBSCRIBERS);
  const { PUBSUB_QUEUE_URL, ...rest } = local.stack.env;
  const env = way === "in process" ? rest : { ...rest, PUBSUB_QUEUE_URL: String(PUBSUB_QUEUE_URL) };
  const publisher = await startPublisher(env, { clockOffsetMs: minutes * MINUTE_MS });
  const events = ["one", "two", "three"];
  for (const data of events) {
    expect(await publisher.publish([{ topicId, data }])).toMatchObject([{ ok: true, duplicate: false }]);
  }
  await eventually(() => {
    for (const { received } of sockets) expect(received.toSorted()).toEqual(events.toSorted());
  });
  if (way === "in process") expect(local.stack.stats().gateway.forbidden).toBeGreaterThan(0);
});

it("refuses calls whose signature is 6 minutes off, with AWS's error", async () => {
  const dynamodb = new DynamoDBClient({
    endpoint: local.stack.dynamodbEndpoint,
    region: local.stack.env.AWS_REGION ?? "",
    credentials,
    systemClockOffset: -6 * MINUTE_MS,
    maxAttempts: 1,
  });
  onTestFinished(() => dynamodb.destroy());
  const get = dynamodb.send(
    new GetItemCommand({ TableName: local.config.dynamodbTableName, Key: { p: { S: "p" }, u: { S: "u" } } }),
  );
  await expect(get).rejects.toMatchObject({
    name: "InvalidSignatureException",
    message: expect.stringMatching(/^Signature expired: \w+ is now earlier than \w+ \(\w+ - 5 min\.\)$/),
  });
});
