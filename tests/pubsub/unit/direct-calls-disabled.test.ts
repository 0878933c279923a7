/** If the SDK succeeds with calls that were refused directly, the process stops making direct calls. */
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { DirectPathDisabled } from "../../../packages/pubsub/src/aws/transport/direct-path.ts";
import { dynamodbDirect, httpAnswer, wentDirectly } from "../../support/direct-clients.ts";
import { type RawRequest, startRawServer } from "../../support/raw-server.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.resetModules();
});

const refusal = (status: number, type: string): string => httpAnswer(status, `{"__type":"x#${type}"}`);

async function worldOf(direct: (number: number) => string) {
  let calls = 0;
  const respond = (request: RawRequest): void =>
    request.answer(wentDirectly(request) ? direct(++calls) : httpAnswer(200, "{}"));
  const server = await startRawServer({ onRequest: respond });
  const disabled: DirectPathDisabled[] = [];
  const client = dynamodbDirect(server, {}, (event) => disabled.push(event));
  return {
    server,
    disabled,
    async get(times: number) {
      for (let made = 0; made < times; made++) {
        await client.send(new GetItemCommand({ TableName: "t", Key: { p: { S: "p" } } }));
      }
    },
    direct: () => server.requests.filter(wentDirectly).length,
  };
}

it.each([
  ["302", httpAnswer(302, ""), "302"],
  ["404", httpAnswer(404, "<html>"), "404"],
  ["200 that is not JSON", httpAnswer(200, "<html>"), "200"],
  ["an invalid call", refusal(400, "SerializationException"), "400 SerializationException"],
  ["garbage", "220 mail.invalid ESMTP\r\n\r\n", expect.stringMatching(/\w/)],
])(
  "disables the direct path after five refusals in a row that the SDK does not get: %s",
  async (_, text, reason) => {
    const { get, direct, disabled, server } = await worldOf(() => text);
    await get(5);
    expect(disabled).toEqual([]);
    await get(1);
    expect(direct()).toBe(5);
    expect(disabled).toEqual([{ awsService: "dynamodb", endpoint: `127.0.0.1:${server.port}/`, reason }]);
    await get(3);
    expect(direct()).toBe(5);
    expect(disabled).toHaveLength(1);
  },
);

it("restarts the count of refusals after a direct call that succeeded", async () => {
  const { get, direct, disabled } = await worldOf((number) =>
    number % 5 === 0 ? httpAnswer(200, "{}") : httpAnswer(404, ""),
  );
  await get(41);
  expect(direct()).toBe(40);
  expect(disabled).toEqual([]);
});

it.each([
  ["500", refusal(500, "InternalServerError")],
  ["a 408 of a proxy that ends an idle connection", httpAnswer(408, "")],
  ["503", httpAnswer(503, "")],
  ["a throttled call", refusal(400, "ThrottlingException")],
  ["a throttled table", refusal(400, "ProvisionedThroughputExceededException")],
])("keeps the direct path after failures that the SDK could have got too: %s", async (_, text) => {
  const { get, direct, disabled } = await worldOf(() => text);
  await get(12);
  expect(direct()).toBe(11);
  expect(disabled).toEqual([]);
});

it("counts refused credentials only after newer credentials were refused too", async () => {
  const { get, direct, disabled } = await worldOf(() => refusal(400, "ExpiredTokenException"));
  await get(11);
  expect(disabled).toEqual([]);
  vi.setSystemTime(Date.now() + 1_000);
  await get(5);
  expect(disabled).toMatchObject([{ reason: "400 ExpiredTokenException" }]);
  const before = direct();
  await get(2);
  expect(direct()).toBe(before);
});

it("makes no direct call with PUBSUB_TRANSPORT=sdk, and rejects an unknown transport", async () => {
  const server = await startRawServer({ onRequest: ({ answer }) => answer(httpAnswer(200, "{}")) });
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${server.port}`);
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("PUBSUB_LOCAL_CREDENTIALS", "AKID:secret");
  vi.stubEnv("PUBSUB_TRANSPORT", "fast");
  const { dynamodbClient, sqsClient } = await import("../../../packages/pubsub/src/aws/sdk/clients.ts");
  expect(() => dynamodbClient()).toThrow('PUBSUB_TRANSPORT must be "direct" or "sdk"; got "fast" (string)');
  expect(() => sqsClient()).toThrow("PUBSUB_TRANSPORT");
  vi.stubEnv("PUBSUB_TRANSPORT", "sdk");
  for (let times = 0; times < 3; times++) {
    await dynamodbClient().send(new GetItemCommand({ TableName: "t", Key: { p: { S: "p" } } }));
  }
  expect(server.requests.map(wentDirectly)).toEqual([false, false, false]);
});
