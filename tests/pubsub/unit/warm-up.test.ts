import type { Context } from "aws-lambda";
import { expect, it } from "vitest";
import { resolveConfig } from "../../../packages/pubsub/src/api/config.ts";
import type { Pubsub } from "../../../packages/pubsub/src/api/create-pubsub.ts";
import { createPublisher } from "../../../packages/pubsub/src/core/publish/publish.ts";
import { handleSqsEvent } from "../../../packages/pubsub/src/handlers/fanout.ts";
import { frameSettings, handleWebsocketEvent } from "../../../packages/pubsub/src/handlers/websocket.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";

const lambda = { getRemainingTimeInMillis: () => 20_000 } as Context;
const scheduled = {
  version: "0",
  id: "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
  "detail-type": "Scheduled Event",
  source: "aws.events",
  account: "123456789012",
  time: "2026-11-28T16:53:06Z",
  region: "us-east-1",
  resources: ["arn:aws:events:us-east-1:123456789012:rule/keep-warm"],
  detail: {},
};

const warmUps: [string, object, string][] = [
  ["the Serverless plugin", { source: "serverless-plugin-warmup" }, "serverless-plugin-warmup"],
  ["a rule of EventBridge", scheduled, "aws.events"],
  ["EventBridge Scheduler", { ...scheduled, source: "aws.scheduler" }, "aws.scheduler"],
  ["lambda-warmer", { warmer: true, concurrency: 3 }, "lambda-warmer"],
];

const others: [string, unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["text", "warm"],
  ["an empty object", {}],
  ["a warmer that is no boolean", { warmer: "true" }],
  ["an event of another source", { source: "aws.s3" }],
  [
    "an HTTP event with a source",
    { source: "aws.events", requestContext: { http: {}, domainName: "d", stage: "s" } },
  ],
];

function pubsubOver(context: TestContext): Pubsub {
  const logSettings = { retentionSeconds: 60 };
  const config = resolveConfig({ dynamodbTableName: "t" });
  const { limiterOf } = context;
  return { config, logSettings, ports: context, limiterOf, ...createPublisher(context, logSettings) };
}

const websocket = (context: TestContext, event: unknown): Promise<unknown> => {
  const pubsub = pubsubOver(context);
  const settings = frameSettings({ config: pubsub.config, authorize: () => false }, pubsub);
  return handleWebsocketEvent(pubsub, settings, event as never);
};
const fanout = (context: TestContext, event: unknown): Promise<unknown> =>
  handleSqsEvent(context, event as never, lambda, { partialBatchResponses: false });

it.each(warmUps)(
  "an event of %s does nothing but one observation in both handlers",
  async (_, event, source) => {
    const context = createTestContext();
    expect(await websocket(context, event)).toEqual({ statusCode: 200 });
    expect(context.observed).toEqual([{ event: "warm-up", source }]);
    expect(await fanout(context, event)).toEqual({ batchItemFailures: [] });
    expect(context.observed).toHaveLength(2);
  },
);

it.each(others)("both handlers reject %s and name what they expected", async (_, event) => {
  const context = createTestContext();
  await expect(websocket(context, event)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message:
      "event.requestContext.connectionId must be that of a WebSocket event of API Gateway; got undefined",
  });
  await expect(fanout(context, event)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: "event.Records must be an array of messages; got undefined",
  });
  expect(context.observed).toEqual([]);
});
