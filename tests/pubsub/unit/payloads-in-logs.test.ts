/**
 * The log had payloads: an error of the SDK has the item of the table and the response among its fields, a JSON parser
 * quotes what it could not parse, and an error was logged with all its causes. Each test publishes a text through one way
 * to fail, and looks for it in everything that a real logger writes.
 */

import { Logger } from "@aws-lambda-powertools/logger";
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createDynamodbTopicLog } from "../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import { failureOfSdk } from "../../../packages/pubsub/src/aws/management-api/sdk-failure.ts";
import { awsFailure } from "../../../packages/pubsub/src/aws/sdk/aws-failure.ts";
import { createSqsFanoutQueue } from "../../../packages/pubsub/src/aws/sqs/fanout-queue.ts";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import { encodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { createPublisher } from "../../../packages/pubsub/src/core/publish/publish.ts";
import { systemClock } from "../../../packages/pubsub/src/core/system-clock.ts";
import { batchFailed } from "../../../packages/pubsub/src/handlers/batch-failed.ts";
import { logObserver } from "../../../packages/pubsub/src/observe/log-observer.ts";
import { createTestContext } from "../../support/fanout-context.ts";
import { answerOf, startRawServer } from "../../support/raw-server.ts";
import { consumerOf, storedEvent, subscriptionOf } from "../../support/samples.ts";

const CANARY = "canary-4711";
/** The forms in which a payload is in requests, rows and messages. */
const FORMS = [
  CANARY,
  Buffer.from(CANARY).toString("base64").slice(0, -2),
  [...Buffer.from(CANARY)].join(","),
];

let written: string;
beforeEach(() => {
  written = "";
  for (const name of ["log", "debug", "info", "warn", "error"] as const) {
    vi.spyOn(console, name).mockImplementation((...parts) => {
      written += `${parts.join(" ")}\n`;
    });
  }
});
afterEach(() => void vi.restoreAllMocks());

function observe(...events: Parameters<ReturnType<typeof logObserver>>): void {
  // The logger writes with a console of its own, unless it is in development mode
  vi.stubEnv("POWERTOOLS_DEV", "true");
  logObserver(new Logger({ logLevel: "DEBUG" }))(...events);
  vi.unstubAllEnvs();
}

const logFailure = (error: unknown): void => observe({ event: "background-failure", stage: "test", error });

function expectNoPayload(): void {
  expect(written).not.toBe("");
  for (const form of FORMS) expect(written).not.toContain(form);
}

const thrownBy = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};
const named = (name: string, message: string, fields: object = {}): Error =>
  Object.assign(new Error(message), { name, ...fields });
const $metadata = { httpStatusCode: 400, requestId: "ABCDEF0123456789" };
const $fault = "client" as const;
const item = { json: { S: CANARY } };
const storageFailed = (cause: unknown): PubsubError => awsFailure("STORAGE_FAILED", "PutItem", cause);
const circular = named("Error", "round and round");
circular.cause = circular;

describe("a failure is logged without the payload that is in", () => {
  it.each<[string, unknown]>([
    ["what a JSON parser quotes", thrownBy(() => JSON.parse(`${CANARY} {`))],
    [
      "what a JSON parser quotes, as a cause",
      new Error("bad row", { cause: thrownBy(() => JSON.parse(CANARY)) }),
    ],
    ["a field of an error", Object.assign(new Error("failed"), { data: CANARY, nested: { data: CANARY } })],
    ["a field of a cause", new Error("failed", { cause: Object.assign(new Error("inner"), { Item: item }) })],
    ["a cause that is no error", new Error("failed", { cause: { data: CANARY } })],
    [
      "the item of a failed condition",
      new ConditionalCheckFailedException({ message: "no", $metadata, Item: item }),
    ],
    [
      "the item of a failed condition, behind our own error",
      storageFailed(new ConditionalCheckFailedException({ message: "no", $metadata, Item: item })),
    ],
    [
      "the items of a cancelled transaction",
      storageFailed(
        new TransactionCanceledException({
          message: `cancelled because of ${CANARY}`,
          $metadata,
          CancellationReasons: [{ Code: "ValidationError", Item: item, Message: CANARY }],
        }),
      ),
    ],
    [
      "the message of a validation error",
      storageFailed(
        named("ValidationException", `cannot be converted to a number: ${CANARY}`, { $metadata, $fault }),
      ),
    ],
    [
      "the message of an error of the service that this library does not know",
      storageFailed(named("NewlyInventedException", `did not like ${CANARY}`, { $metadata, $fault })),
    ],
    [
      "the message of SQS's refusal of a body",
      awsFailure(
        "QUEUE_FAILED",
        "SendMessage",
        named("InvalidMessageContents", `not in ${CANARY}`, { $fault }),
      ),
    ],
    [
      "the response that the SDK could not parse",
      storageFailed(
        Object.assign(thrownBy(() => JSON.parse(`<${CANARY}>`)) as Error, {
          $metadata,
          $response: { body: CANARY, statusCode: 200 },
        }),
      ),
    ],
    [
      "three causes",
      new Error("1", { cause: new Error("2", { cause: storageFailed(thrownBy(() => JSON.parse(CANARY))) }) }),
    ],
    ["a quotation in a message", new TypeError(`cannot use "x" ${CANARY} "y"`)],
    ["a quotation in single marks", new TypeError(`cannot use '${CANARY}' here`)],
    [
      "an argument that our own message describes",
      new PubsubError("INVALID_DATA", `x must be y; got "${CANARY}"`),
    ],
    ["a name", named(`Error of ${CANARY}`, "failed")],
    ["a code", Object.assign(new Error("failed"), { code: `E ${CANARY}` })],
    ["a message of lines that look like a stack", named("SyntaxError", `x\n    at ${CANARY} (/a/b.js:1:1)`)],
    [
      "what a batch of messages failed of",
      batchFailed([{ id: "1", error: thrownBy(() => JSON.parse(CANARY)) }], 1),
    ],
    ["errors that are joined", new AggregateError([new Error(CANARY)], "several")],
    ["a circle of causes", Object.assign(circular, { data: CANARY })],
    ["a value that was thrown", { data: CANARY }],
  ])("%s", (_, error) => {
    logFailure(error);
    expectNoPayload();
  });
});

it("keeps what an operator needs: names, codes, our messages, permissions, request ids, frames and causes", () => {
  const denied = named("AccessDeniedException", "role/fanout is not authorized to perform: dynamodb:Query", {
    $metadata: { httpStatusCode: 400, requestId: "ABC-123" },
    $fault,
  });
  logFailure(storageFailed(denied));
  for (const kept of [
    "STORAGE_FAILED",
    "PutItem: AccessDeniedException: role/fanout is not authorized to perform: dynamodb:Query",
    "ABC-123",
    "payloads-in-logs.test.ts:",
    '"retryable": false',
  ]) {
    expect(written).toContain(kept);
  }
});

describe("the pipeline logs no payload when", () => {
  const message = encodeFanoutMessage({
    kind: "topic",
    topicId: "t",
    epoch: "0m1c2d3e4",
    offsets: [1],
    events: [storedEvent(1, { json: JSON.stringify(CANARY), verbatim: true })],
    step: 1,
  });
  const clientOptions = (port: number): object => ({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    maxAttempts: 1,
  });
  /** A service that refuses each call with an error that quotes the request, as AWS's can. */
  async function quotingService(type: string): Promise<number> {
    const server = await startRawServer({
      onRequest({ head, body, answer }) {
        // The position of the topic, which a publication reads first
        if (/x-amz-target: \S+\.(?:Query|GetItem)/i.test(head)) return answer(answerOf("{}"));
        const text = JSON.stringify({ __type: type, message: `One or more values were invalid: ${body}` });
        const refusal = answerOf(text, "content-type: application/x-amz-json-1.0\r\n");
        answer(refusal.replace("200 OK", "400 Bad Request"));
      },
    });
    return server.port;
  }

  it("DynamoDB refuses the event and quotes it", async () => {
    const client = new DynamoDBClient(clientOptions(await quotingService("ValidationException")));
    onTestFinished(() => client.destroy());
    const log = createDynamodbTopicLog({ client, tableName: "t" }, systemClock);
    const { queue } = createTestContext();
    const ledger = createTestContext().ledger;
    const { publish } = createPublisher(
      { log, queue, ledger, clock: systemClock, observe: (event) => observe(event) },
      {
        retentionSeconds: 60,
      },
    );
    const refused = await publish({ topicId: "t", data: CANARY }).catch((error: unknown) => error);
    logFailure(refused);
    expectNoPayload();
    expect(written).toMatch(/(?:PutItem|TransactWriteItems): ValidationException/);
  });

  it("SQS refuses the message and quotes it", async () => {
    const port = await quotingService("InvalidMessageContents");
    const client = new SQSClient(clientOptions(port));
    onTestFinished(() => client.destroy());
    const queue = createSqsFanoutQueue({ client, queueUrl: `http://127.0.0.1:${port}/1/q` }, systemClock);
    logFailure(await queue.send([{ body: message, delaySeconds: 0 }]).catch((error: unknown) => error));
    expectNoPayload();
    expect(written).toContain("QUEUE_FAILED");
  });

  it("a step of the fan-out fails with an error that quotes the event", async () => {
    const context = createTestContext();
    context.observe = (event) => observe(event);
    await context.subscriptions.put(subscriptionOf("a", "t"));
    context.connections.open(consumerOf("a"));
    context.ledger.settle = () => Promise.reject(thrownBy(() => JSON.parse(CANARY)));
    await handleBatch(context, [{ id: "1", body: message, receiveCount: 1 }]);
    expectNoPayload();
    expect(written).toContain("background-failure");
  });

  it("a post fails, is refused, or gets a response that quotes it", async () => {
    for (const failure of [
      failureOfSdk(
        Object.assign(thrownBy(() => JSON.parse(CANARY)) as Error, { $metadata: { httpStatusCode: 200 } }),
      ),
      failureOfSdk(named("BadRequestException", `did not like ${CANARY}`, { $metadata, $fault })),
    ]) {
      const context = createTestContext({ maxAttempts: 1, answer: async () => failure });
      context.observe = (event) => observe(event);
      await context.subscriptions.put(subscriptionOf("a", "t"));
      await handleBatch(context, [{ id: "1", body: message, receiveCount: 1 }]);
      expect(written).toContain("delivery-abandoned");
    }
    expectNoPayload();
  });

  it("a message of the queue cannot be decoded", async () => {
    const context = createTestContext();
    context.observe = (event) => observe(event);
    const bodies = [
      CANARY,
      `{"v":1,"kind":"${CANARY}"}`,
      `{"v":"${CANARY}"}`,
      message.replace('"verbatim":true', '"verbatim":5'),
    ];
    await handleBatch(
      context,
      bodies.map((body, n) => ({ id: `m${n}`, body, receiveCount: 1 })),
    );
    expectNoPayload();
    expect(written.match(/message-malformed/g)).toHaveLength(bodies.length);
  });
});
