/** Tests the library's two clients, configured by the SDK's own environment variables. */
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  callIdentity,
  callRegion,
  httpAnswer,
  isSigned,
  wentDirectly,
} from "../../support/direct-clients.ts";
import { type RawServer, startRawServer } from "../../support/raw-server.ts";

const clients = (): Promise<typeof import("../../../packages/pubsub/src/aws/sdk/clients.ts")> =>
  import("../../../packages/pubsub/src/aws/sdk/clients.ts");
const ok = (): Promise<RawServer> =>
  startRawServer({ onRequest: ({ answer }) => answer(httpAnswer(200, "{}")) });
const urlOf = ({ port }: RawServer): string => `http://127.0.0.1:${port}`;

beforeEach(() => {
  vi.resetModules();
  vi.stubEnv("AWS_REGION", callRegion);
  vi.stubEnv("AWS_ACCESS_KEY_ID", callIdentity.accessKeyId);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", callIdentity.secretAccessKey);
  vi.stubEnv("AWS_SESSION_TOKEN", callIdentity.sessionToken);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function expectSigned({ requests }: RawServer, service: string): Promise<void> {
  for (const request of requests) expect(await isSigned(request, { service })).toBe(true);
}

it("calls DynamoDB at the environment's endpoint, directly from the second call on", async () => {
  const server = await ok();
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", urlOf(server));
  const { dynamodbClient } = await clients();
  for (let times = 0; times < 3; times++) {
    await dynamodbClient().send(new GetItemCommand({ TableName: "t", Key: { p: { S: String(times) } } }));
  }
  expect(server.requests.map(wentDirectly)).toEqual([false, true, true]);
  const keys = server.requests.map(({ body }) => JSON.parse(String(body)).Key.p.S);
  expect(keys).toEqual(["0", "1", "2"]);
  await expectSigned(server, "dynamodb");
});

it.each([
  ["the environment's endpoint", true],
  ["the host of the queue's URL if the environment names no endpoint", false],
])("sends messages to %s, directly from the second batch on", async (_, configured) => {
  const [endpoint, queue] = [await ok(), await ok()];
  vi.spyOn(console, "warn").mockReturnValue();
  vi.stubEnv("AWS_ENDPOINT_URL_SQS", configured ? urlOf(endpoint) : "");
  const { sqsClient } = await clients();
  const batch = { QueueUrl: `${urlOf(queue)}/123/q`, Entries: [{ Id: "0", MessageBody: "x" }] };
  for (let times = 0; times < 3; times++) await sqsClient().send(new SendMessageBatchCommand(batch));
  const [right, wrong] = configured ? [endpoint, queue] : [queue, endpoint];
  expect(right.requests.map(wentDirectly)).toEqual([false, true, true]);
  expect(wrong.requests).toEqual([]);
  await expectSigned(right, "sqs");
});

it("creates each client once", async () => {
  const { dynamodbClient, sqsClient } = await clients();
  expect(dynamodbClient()).toBe(dynamodbClient());
  expect(sqsClient()).toBe(sqsClient());
});
