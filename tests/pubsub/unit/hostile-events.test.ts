/**
 * The hostile suite found these cases. An invocation whose body was not text failed with a TypeError. So did an SQS
 * event with a record without attributes, and in the fan-out the rest of its batch failed with it. The reason for
 * rejecting an input quoted the input, so text from unknown clients got into the log.
 */
import type { Context, SQSEvent } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { resolveConfig } from "../../../packages/pubsub/src/api/config.ts";
import { createPublisher } from "../../../packages/pubsub/src/core/publish/publish.ts";
import { handleSqsEvent } from "../../../packages/pubsub/src/handlers/fanout.ts";
import { createWebsocketHandler } from "../../../packages/pubsub/src/handlers/index.ts";
import { frameSettings, handleWebsocketEvent } from "../../../packages/pubsub/src/handlers/websocket.ts";
import { createTestContext } from "../../support/fanout-context.ts";
import { consumerOf } from "../../support/samples.ts";

const lambda = { getRemainingTimeInMillis: () => 20_000 } as Context;
const record = { messageId: "m1", body: "my secret", attributes: { ApproximateReceiveCount: "3" } };
const partial = { partialBatchResponses: true };
const sqsEvent = (...records: unknown[]): SQSEvent => ({ Records: records }) as SQSEvent;

describe("handleSqsEvent", () => {
  it.each([
    ["nothing", null, "event.Records must be an array of messages; got undefined"],
    ["an object without records", {}, "event.Records must be an array of messages; got undefined"],
    [
      "an object whose records are not an array",
      { Records: {} },
      "event.Records must be an array of messages; got a value",
    ],
    ["a record that is null", { Records: [null] }, "messageId must be the id of a message; got undefined"],
    [
      "a record whose id is empty",
      { Records: [{ ...record, messageId: "" }] },
      'messageId must be the id of a message; got ""',
    ],
    ["a record without a body", { Records: [record, { ...record, body: 5 }] }, "message m1 has no body"],
  ])("rejects %s and dead-letters nothing", async (_, event, message) => {
    const context = createTestContext();
    const handled = handleSqsEvent(context, event as never, lambda, partial);
    await expect(handled).rejects.toMatchObject({
      name: "PubsubError",
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
    expect(context.queue.deadLetters).toEqual([]);
  });

  it.each([
    [3, record.attributes],
    [1, undefined],
    [1, {}],
    [1, { ApproximateReceiveCount: "many" }],
    [1, { ApproximateReceiveCount: "-5" }],
    // The hostile suite found this one: the conversion called `toString` as a function, and the batch failed
    [1, { ApproximateReceiveCount: { toString: "1" } }],
  ])("counts %d receptions of a message with the attributes %j", async (attempts, attributes) => {
    const context = createTestContext();
    const answer = await handleSqsEvent(context, sqsEvent({ ...record, attributes }), lambda, partial);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(context.queue.deadLetters).toMatchObject([{ body: "my secret", reason: { attempts } }]);
  });

  it("reports an id that two messages share, even if only one of them failed", async () => {
    const context = createTestContext();
    context.queue.deadLetter = () => Promise.reject(new Error("no dead-letter queue"));
    const page = { v: 1, kind: "page", topicId: "t", epoch: "0m1c2d3e4", offsets: [1], page: 1 };
    const records = [record, { ...record, body: JSON.stringify(page) }];
    const answer = await handleSqsEvent(context, sqsEvent(...records), lambda, partial);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "m1" }, { itemIdentifier: "m1" }] });
  });

  it("leaves the text of a malformed message out of the observed event", async () => {
    const context = createTestContext();
    await handleSqsEvent(context, sqsEvent({ ...record, body: '"my secret"' }), lambda, partial);
    expect(context.observed).toEqual([
      { event: "message-malformed", messageId: "m1", reason: "the message must be an object" },
    ]);
  });
});

describe("handleWebsocketEvent", () => {
  async function answerTo(
    fields: object,
  ): Promise<{ status: number; frames: readonly string[]; told: unknown[] }> {
    const context = createTestContext();
    const config = resolveConfig({ dynamodbTableName: "t" });
    const consumer = consumerOf("c=");
    context.connections.open(consumer);
    const pubsub = {
      config,
      logSettings: { retentionSeconds: 60 },
      ports: context,
      limiterOf: context.limiterOf,
      ...createPublisher(context, { retentionSeconds: 60 }),
    };
    const settings = frameSettings({ config, authorize: "everybody" }, pubsub);
    const event = { requestContext: { ...consumer, eventType: "MESSAGE" }, ...fields };
    const { statusCode: status } = await handleWebsocketEvent(pubsub, settings, event);
    return { status, frames: context.connections.received(consumer), told: context.observed };
  }

  it.each<object>([
    { body: 5, isBase64Encoded: true },
    { body: {}, isBase64Encoded: true },
    { body: { toString: 1 } },
    { body: null },
    {},
  ])("sends INVALID_FRAME and returns 200 for an event with the fields %j", async (fields) => {
    const { status, frames } = await answerTo(fields);
    expect(status).toBe(200);
    expect(frames.map((text) => JSON.parse(text) as unknown)).toMatchObject([{ code: "INVALID_FRAME" }]);
  });

  it("quotes an invalid action in the frame to the client, and logs only the expected actions", async () => {
    const { frames, told } = await answerTo({ body: '{"action":"my secret"}' });
    expect(frames.join()).toContain("my secret");
    expect(told).toMatchObject([
      { event: "frame-refused", reason: "action must be SUBSCRIBE, UNSUBSCRIBE, PING or PUBLISH" },
    ]);
  });

  it.each([undefined, null, true, false, "deny", "Everybody", {}])(
    "rejects %j as authorize, because it could never deny a connection",
    (authorize) => {
      const options = { config: { dynamodbTableName: "t" }, authorize };
      expect(() => createWebsocketHandler(options as never)).toThrow(
        /^authorize must be a function that decides who may connect, subscribe and publish, or "everybody"; got/,
      );
    },
  );
});
