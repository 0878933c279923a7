/**
 * Tests the library's two clients, configured by the SDK's own environment variables. What the environment does not say is
 * left to the SDK, which then makes the first call.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { GetItemCommand } from "../../../packages/pubsub/src/aws/dynamodb/commands.ts";
import { SendMessageBatchCommand } from "../../../packages/pubsub/src/aws/sqs/commands.ts";
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
  for (const name of ["dynamodb", "sqs"]) vi.doUnmock(`../../../packages/pubsub/src/aws/sdk/${name}.ts`);
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function expectSigned({ requests }: RawServer, service: string): Promise<void> {
  for (const request of requests) expect(await isSigned(request, { service })).toBe(true);
}

it("calls DynamoDB at the environment's endpoint, directly from the first call on", async () => {
  const server = await ok();
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", urlOf(server));
  const { dynamodbClient } = await clients();
  for (let times = 0; times < 3; times++) {
    await dynamodbClient().send(new GetItemCommand({ TableName: "t", Key: { p: { S: String(times) } } }));
  }
  expect(server.requests.map(wentDirectly)).toEqual([true, true, true]);
  const keys = server.requests.map(({ body }) => JSON.parse(String(body)).Key.p.S);
  expect(keys).toEqual(["0", "1", "2"]);
  await expectSigned(server, "dynamodb");
});

it.each([
  ["the environment's endpoint, directly from the first batch on", true],
  ["the host of a queue's URL that is not the Region's, by the SDK first", false],
])("sends messages to %s", async (_, configured) => {
  const [endpoint, queue] = [await ok(), await ok()];
  vi.spyOn(console, "warn").mockReturnValue();
  vi.stubEnv("AWS_ENDPOINT_URL_SQS", configured ? urlOf(endpoint) : "");
  const { sqsClient } = await clients();
  const batch = { QueueUrl: `${urlOf(queue)}/123/q`, Entries: [{ Id: "0", MessageBody: "x" }] };
  for (let times = 0; times < 3; times++) await sqsClient().send(new SendMessageBatchCommand(batch));
  const [right, wrong] = configured ? [endpoint, queue] : [queue, endpoint];
  expect(right.requests.map(wentDirectly)).toEqual([configured, true, true]);
  expect(wrong.requests).toEqual([]);
  await expectSigned(right, "sqs");
});

it("creates each client once", async () => {
  const { dynamodbClient, sqsClient } = await clients();
  expect(dynamodbClient()).toBe(dynamodbClient());
  expect(sqsClient()).toBe(sqsClient());
});

/** Makes every attempt to load the SDK fail. */
function forbidSdk(): void {
  for (const name of ["dynamodb", "sqs"]) {
    vi.doMock(`../../../packages/pubsub/src/aws/sdk/${name}.ts`, () => {
      throw new Error(`${name} of the SDK was loaded`);
    });
  }
}

it("loads no client of the SDK for calls that go directly, with the keys and the Region of the environment", async () => {
  forbidSdk();
  const server = await ok();
  vi.stubEnv("AWS_ENDPOINT_URL", urlOf(server));
  const { dynamodbClient, sqsClient, processIdentity } = await clients();
  await dynamodbClient().send(new GetItemCommand({ TableName: "t", Key: { p: { S: "p" } } }));
  const Entries = [{ Id: "0", MessageBody: "x" }];
  await sqsClient().send(new SendMessageBatchCommand({ QueueUrl: `${urlOf(server)}/1/q`, Entries }));
  expect(server.requests.map(wentDirectly)).toEqual([true, true]);
  expect(await processIdentity.credentials()).toEqual(callIdentity);
  expect(await processIdentity.region()).toBe(callRegion);
});

it.each([
  ["a response that a direct call does not understand", {}, [true, false]],
  ["PUBSUB_TRANSPORT=sdk", { PUBSUB_TRANSPORT: "sdk" }, [false]],
  ["an endpoint that the environment does not decide", { AWS_ACCOUNT_ID: "123456789012" }, [false]],
])("loads the SDK's client for %s", async (_, env, ways) => {
  const server = await startRawServer({
    onRequest: ({ head, answer }) =>
      answer(
        wentDirectly({ head }) ? httpAnswer(404, "<html>") : httpAnswer(200, '{"Item":{"p":{"S":"p"}}}'),
      ),
  });
  vi.stubEnv("AWS_ENDPOINT_URL", urlOf(server));
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const { dynamodbClient } = await clients();
  const get = new GetItemCommand({ TableName: "t", Key: { p: { S: "p" } } });
  expect(await dynamodbClient().send(get)).toMatchObject({ Item: { p: { S: "p" } } });
  expect(server.requests.map(wentDirectly)).toEqual(ways);
  await expectSigned(server, "dynamodb");
});

it("gets credentials that the environment does not have from the SDK's provider, also of a profile", async () => {
  const server = await ok();
  const folder = await mkdtemp(join(tmpdir(), "profile-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { accessKeyId, secretAccessKey, sessionToken } = callIdentity;
  const keys = `aws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\naws_session_token=${sessionToken}`;
  await writeFile(join(folder, "credentials"), `[mine]\n${keys}\n`);
  await writeFile(join(folder, "config"), `[profile mine]\nregion=${callRegion}\n`);
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
  vi.stubEnv("AWS_PROFILE", "mine");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "");
  vi.stubEnv("AWS_REGION", undefined);
  vi.stubEnv("AWS_ENDPOINT_URL", urlOf(server));
  const { dynamodbClient, processIdentity } = await clients();
  for (let times = 0; times < 2; times++) {
    await dynamodbClient().send(new GetItemCommand({ TableName: "t", Key: { p: { S: String(times) } } }));
  }
  expect(server.requests.map(wentDirectly)).toEqual([false, true]);
  expect(await processIdentity.credentials()).toMatchObject(callIdentity);
  await expectSigned(server, "dynamodb");
});
