/** Records the calls of DynamoDB that the library makes in the role of each party, on DynamoDB Local. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  getPublicationStatus,
  type PubsubConfig,
  publishToTopic,
  readTopicEvents,
  revoke,
  subscribeToTopic,
} from "lambda-websocket-pubsub";
import {
  type Authorize,
  createPublishHandler,
  createWebsocketHandler,
} from "lambda-websocket-pubsub/handlers";
import { vi } from "vitest";
import { localCredentials } from "../../../packages/local/src/credentials.ts";
import { dynamodbClient, sqsClient } from "../../../packages/pubsub/src/aws/sdk/clients.ts";
import { collect, consumerOf } from "../../support/samples.ts";
import { createTestTable } from "../../support/table.ts";
import type { Call } from "./dynamodb-requests.ts";

const TOPIC = { topicId: "room" };
const QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/queue";

/** Subscribes, pings with positions, recovers, unsubscribes and disconnects, as clients do. */
export const websocketCalls = (): Promise<Call[]> =>
  withPosts((managementEndpoint) =>
    recorded({ managementEndpoint }, async (config) => {
      const { epoch, offset } = await publishToTopic({ ...TOPIC, data: "before", config });
      await publishToTopic({ ...TOPIC, data: "missed", config });
      await revoke({ userId: "revoked", config });
      return async () => {
        let isRevoked = false;
        const authorize: Authorize = ({ action }) =>
          action === "CONNECT" || { allow: true, userId: isRevoked ? "revoked" : "somebody" };
        const handler = createWebsocketHandler({ config, authorize, maxSubscriptions: 3 });
        const { domainName, stage, connectionId } = consumerOf("c");
        const send = (eventType: string, frame?: object): Promise<unknown> =>
          handler({
            requestContext: { domainName, stage, connectionId, eventType },
            ...(frame && { body: JSON.stringify(frame) }),
          });
        await send("CONNECT");
        const since = { epoch, offset };
        await send("MESSAGE", { action: "SUBSCRIBE", ...TOPIC, format: "event", since, requestId: "1" });
        // A new topic, whose first position opens an epoch
        await send("MESSAGE", { action: "SUBSCRIBE", topicId: "new", requestId: "2" });
        for (const topicId of ["third", "fourth", "fifth"]) {
          await send("MESSAGE", { action: "SUBSCRIBE", topicId, requestId: "3" });
        }
        await send("MESSAGE", { action: "PING", positions: { room: since }, requestId: "4" });
        // So many that the connection is busy, and the brake counts what it costs
        for (let n = 0; n < 40; n++) await send("MESSAGE", { action: "PING", requestId: "5" });
        await send("MESSAGE", { action: "UNSUBSCRIBE", ...TOPIC, requestId: "6" });
        // One that is undone: access was revoked after the token was issued
        isRevoked = true;
        await send("MESSAGE", { action: "SUBSCRIBE", topicId: "revoked", requestId: "7" });
        // More than one row is left, so these are removed in a batch
        await send("DISCONNECT");
      };
    }),
  );

/** Calls `use` with an endpoint that accepts every post. */
export async function withPosts<Result>(
  use: (managementEndpoint: string) => Promise<Result>,
): Promise<Result> {
  const posts = createServer((request, response) => void request.resume().on("end", () => response.end()));
  await new Promise<void>((resolve) => void posts.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(posts.address() as AddressInfo).port}`);
  } finally {
    posts.closeAllConnections();
    posts.close();
  }
}

/** Publishes with messages, with and without an id, as a user, and so many that the brake counts. */
export const publishCalls = (): Promise<Call[]> =>
  withPosts((managementEndpoint) =>
    recorded({ managementEndpoint }, async (config) => async () => {
      const handler = createWebsocketHandler({
        config,
        authorize: () => ({ allow: true, userId: "somebody" }),
        actions: ["PUBLISH"],
      });
      const publish = (topicId: string, more: object = {}): Promise<unknown> =>
        handler({
          requestContext: { ...consumerOf("c"), eventType: "MESSAGE" },
          body: JSON.stringify({ action: "PUBLISH", topicId, data: "x", requestId: "1", ...more }),
        });
      await publish("new");
      for (let n = 0; n < 40; n++) await publish(TOPIC.topicId);
      await publish(TOPIC.topicId, { publicationId: "one" });
      await publish(TOPIC.topicId, { publicationId: "one" });
      await publishAgain(config);
    }),
  );

/** Publishes and reads over HTTP, as a user with a token. */
export const httpPublishCalls = (): Promise<Call[]> =>
  recorded({}, async (config) => async () => {
    const handler = createPublishHandler({ config, authorize: () => ({ allow: true, userId: "somebody" }) });
    const path = "/topics/room/events";
    const request = async (method: string, body?: object): Promise<void> => {
      const { statusCode } = await handler({
        version: "2.0",
        rawPath: path,
        headers: { "content-type": "application/json" },
        requestContext: { http: { method, path, sourceIp: "192.0.2.1" } },
        ...(body && { body: JSON.stringify(body) }),
      });
      if (statusCode >= 300) throw new Error(`${method} got ${statusCode}`);
    };
    await request("POST", { data: "x" });
    await request("POST", { data: "x", publicationId: "one" });
    await request("POST", { data: "x", publicationId: "one" });
    await request("GET");
    await publishAgain(config);
  });

/** Publishes what was published, as another process: this one knows that the first fan-out was queued. */
const publishAgain = (config: PubsubConfig): Promise<unknown> =>
  publishToTopic({
    ...TOPIC,
    data: "x",
    publicationId: "one",
    config: { ...config, eventRetentionSeconds: 80_000 },
  });

/** Publishes inline to a topic that needs no claim, and to one that does. */
export const inlineProducerCalls = (): Promise<Call[]> =>
  withPosts((managementEndpoint) =>
    recorded({ managementEndpoint, inlineFanoutMax: 25 }, async (config) => {
      await subscribeToTopic({ ...TOPIC, consumer: consumerOf("c"), format: "event", config });
      await subscribeToTopic({ topicId: "data", consumer: consumerOf("c"), config });
      return async () => {
        for (const topicId of [TOPIC.topicId, "data"]) {
          const sent = { topicId, data: "inline", publicationId: "one", config };
          const { epoch, offset } = await publishToTopic(sent);
          const status = await getPublicationStatus({ topicId, epoch, offset, config });
          if (status.delivered !== 1) throw new Error(`not delivered inline: ${JSON.stringify(status)}`);
        }
      };
    }),
  );

/** Publishes with and without an id, again with the same id, and reads the log and the ledger. */
export const producerCalls = (): Promise<Call[]> =>
  recorded({}, async (config) => {
    await subscribeToTopic({ ...TOPIC, consumer: consumerOf("c"), config });
    return async () => {
      await publishToTopic({ topicId: "new", data: "first", config });
      await publishToTopic({ ...TOPIC, data: "opens an epoch", config });
      await publishToTopic({ ...TOPIC, data: "plain", config });
      const sent = { ...TOPIC, data: "with an id", publicationId: "one", config };
      const { epoch, offset } = await publishToTopic(sent);
      // The second time, as another process: this one knows that the first fan-out was queued
      await publishToTopic({ ...sent, config: { ...config, eventRetentionSeconds: 80_000 } });
      await collect(readTopicEvents({ ...TOPIC, config }));
      await getPublicationStatus({ ...TOPIC, epoch, offset, config });
    };
  });

/** Prepares with `prepare`, whose calls are not recorded, and then records those of the function that it returns. */
export async function recorded(
  changes: Partial<PubsubConfig>,
  prepare: (config: PubsubConfig) => Promise<() => Promise<void>>,
): Promise<Call[]> {
  const { tableName, client: table } = await createTestTable();
  const endpoint = await table.config.endpoint?.();
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", `http://${endpoint?.hostname}:${endpoint?.port}`);
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("POWERTOOLS_LOG_LEVEL", "SILENT");
  vi.stubEnv("POWERTOOLS_METRICS_DISABLED", "true");
  vi.stubEnv("AWS_ACCESS_KEY_ID", localCredentials.accessKeyId);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", localCredentials.secretAccessKey);
  const calls: Call[] = [];
  const spied = vi.spyOn(sqsClient(), "send").mockImplementation(async () => ({ MessageId: "1" }));
  try {
    const act = await prepare({ dynamodbTableName: tableName, fanoutQueueUrl: QUEUE_URL, ...changes });
    const dynamodb = dynamodbClient();
    const send = dynamodb.send.bind(dynamodb) as (command: Command) => Promise<unknown>;
    const watched = vi.spyOn(dynamodb, "send").mockImplementation(async (command: Command) => {
      calls.push({ operation: command.constructor.name.replace(/Command$/, ""), input: command.input });
      return send(command);
    });
    await act().finally(() => watched.mockRestore());
  } finally {
    spied.mockRestore();
    vi.unstubAllEnvs();
    table.destroy();
  }
  return calls;
}

interface Command {
  input: object;
}
