import {
  countSubscribers,
  getPublicationStatus,
  type PubsubConfig,
  publishToTopic,
} from "lambda-websocket-pubsub";
import { beforeEach, expect, inject, it, onTestFinished, vi } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import { eventually } from "../support/eventually.ts";
import { connect, connectSubscriber } from "../support/sockets.ts";
import { createTestTable } from "../support/table.ts";
import {
  missingServerlessOffline,
  type ServerlessOffline,
  startServerlessOffline,
} from "./support/serverless-offline.ts";

beforeEach(({ skip }) => {
  const missing = missingServerlessOffline();
  skip(missing !== undefined, missing);
});

async function startProject(): Promise<{ project: ServerlessOffline; config: PubsubConfig }> {
  const { tableName, client } = await createTestTable();
  onTestFinished(() => client.destroy());
  const environment = {
    AWS_ENDPOINT_URL_DYNAMODB: inject("dynamodbEndpoint"),
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_REGION: "us-east-1",
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const project = await startServerlessOffline({ ...environment, PUBSUB_TABLE_NAME: tableName });
  const { managementEndpoint } = project;
  return { project, config: { dynamodbTableName: tableName, managementEndpoint } };
}

it("delivers a publication to two subscribers of serverless-offline, and forgets one that left", async () => {
  const { project, config } = await startProject();
  const stays = await connectSubscriber(project, "room");
  const leaves = await connectSubscriber(project, "room");
  const first = await publishToTopic({ topicId: "room", data: { text: "both" }, config });
  for (const { received } of [stays, leaves]) {
    await eventually(() => expect(received).toEqual(['{"text":"both"}']));
  }
  expect(await getPublicationStatus({ ...first, config })).toMatchObject({ state: "complete", delivered: 2 });

  leaves.socket.close();
  await eventually(async () => expect(await countSubscribers({ topicId: "room", config })).toBe(1));
  await publishToTopic({ topicId: "room", data: { text: "one" }, config });
  await eventually(() => expect(stays.received).toEqual(['{"text":"both"}', '{"text":"one"}']));
});

it("answers a PING and a malformed frame of a client of serverless-offline", async () => {
  const { project } = await startProject();
  const { request, send, received } = await connect(project);
  expect(await request({ action: "PING" })).toMatchObject({ type: "PONG" });
  send("{");
  await eventually(() => expect(received).toEqual([expect.stringContaining('"type":"ERROR"')]));
});
