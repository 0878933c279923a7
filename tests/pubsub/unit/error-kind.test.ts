/** Which errors of DynamoDB, SQS and the SDK are worth another call. */
import * as dynamodb from "@aws-sdk/client-dynamodb";
import { DynamoDBClient, DynamoDBServiceException, PutItemCommand } from "@aws-sdk/client-dynamodb";
import * as sqs from "@aws-sdk/client-sqs";
import { SendMessageBatchCommand, SQSServiceException } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { awsFailure } from "../../../packages/pubsub/src/aws/sdk/aws-failure.ts";
import { kindOfError } from "../../../packages/pubsub/src/aws/sdk/error-kind.ts";
import { type ErrorKind, kindOfName } from "../../../packages/pubsub/src/aws/sdk/error-table.ts";
import {
  callIdentity,
  dynamodbAlone,
  dynamodbDirect,
  httpAnswer,
  sqsAlone,
  sqsDirect,
} from "../../support/direct-clients.ts";
import { type RawServer, startRawServer } from "../../support/raw-server.ts";
import { rejectionOf } from "../../support/samples.ts";

afterEach(() => vi.unstubAllEnvs());

/** The names of the exceptions in a service's model, as its client exports them. */
const modelled = (client: object, base: { prototype: object }): string[] =>
  Object.entries(client).flatMap(([name, value]) =>
    typeof value === "function" && Object.getPrototypeOf(value) === base ? [name] : [],
  );

describe("the table of errors", () => {
  /** Of operations that the library does not use. */
  const OTHER_QUEUE_OPERATIONS = ["PurgeQueueInProgress", "QueueNameExists", "ResourceNotFoundException"];

  it("has every exception of the model of SQS, with only the throttling ones for another call", () => {
    const names = modelled(sqs, SQSServiceException).filter((name) => !OTHER_QUEUE_OPERATIONS.includes(name));
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => kindOfName(name) === undefined)).toEqual([]);
    expect(names.filter((name) => kindOfName(name) !== "final").toSorted()).toEqual([
      "KmsThrottled",
      "RequestThrottled",
    ]);
  });

  it("has the exceptions of the model of DynamoDB that writes and reads of items return", () => {
    const names = modelled(dynamodb, DynamoDBServiceException).filter((name) => kindOfName(name));
    expect(Object.fromEntries(names.map((name) => [name, kindOfName(name)]))).toEqual({
      ConditionalCheckFailedException: "final",
      IdempotentParameterMismatchException: "final",
      InternalServerError: "transient",
      ItemCollectionSizeLimitExceededException: "final",
      ProvisionedThroughputExceededException: "throttled",
      ReplicatedWriteConflictException: "transient",
      RequestLimitExceeded: "throttled",
      ResourceNotFoundException: "final",
      ThrottlingException: "throttled",
      TransactionConflictException: "transient",
      TransactionInProgressException: "transient",
    });
  });

  it.each([
    ["AWS.SimpleQueueService.NonExistentQueue", "final"],
    ["AWS.SimpleQueueService.QueueDeletedRecently", "final"],
    ["AWS.SimpleQueueService.BatchRequestTooLong", "final"],
    ["com.amazonaws.sqs#QueueDoesNotExist", "final"],
    ["KMS.AccessDeniedException", "final"],
    ["KMS.OptInRequired", "final"],
    ["KMS.ThrottlingException", "throttled"],
    ["InvalidAddress", "final"],
  ] as const)("knows %s, a name of the query protocol or with a namespace, as %s", (name, kind) => {
    expect(kindOfName(name)).toBe(kind);
  });
});

const TableName = "t";
const put = new PutItemCommand({ TableName, Item: { p: { S: "p" } } });
const batchTo = (QueueUrl: string): SendMessageBatchCommand =>
  new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: "1", MessageBody: "x" }] });

async function serverOf(text: string): Promise<RawServer> {
  let isLearned = false;
  return startRawServer({
    onRequest({ answer }) {
      answer(isLearned ? text : httpAnswer(200, "{}"));
      isLearned = true;
    },
  });
}

/** The errors that a direct client and one of the SDK throw for the same response. */
async function errorsFor(service: "dynamodb" | "sqs", text: string): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const isDirect of [true, false]) {
    const server = await serverOf(text);
    const config = { maxAttempts: 1 };
    const makeDynamodb = isDirect ? dynamodbDirect : dynamodbAlone;
    const makeSqs = isDirect ? sqsDirect : sqsAlone;
    const call =
      service === "dynamodb"
        ? () => makeDynamodb(server, config).send(put)
        : () => makeSqs(server, config).send(batchTo(`http://127.0.0.1:${server.port}/000000000000/q`));
    await call();
    errors.push(await rejectionOf(call()));
  }
  return errors;
}

describe("an error response", () => {
  const body = (type: string): string => JSON.stringify({ __type: type, message: "why" });

  it.each<["dynamodb" | "sqs", number, string, string, ErrorKind]>([
    [
      "dynamodb",
      400,
      "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
      "",
      "throttled",
    ],
    ["dynamodb", 400, "com.amazonaws.dynamodb.v20120810#RequestLimitExceeded", "", "throttled"],
    ["dynamodb", 500, "com.amazonaws.dynamodb.v20120810#InternalServerError", "", "transient"],
    ["dynamodb", 400, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "", "final"],
    ["dynamodb", 400, "com.amazon.coral.service#AccessDeniedException", "", "final"],
    ["dynamodb", 400, "com.amazon.coral.service#ExpiredTokenException", "", "final"],
    ["dynamodb", 400, "com.amazonaws.dynamodb.v20120810#SomethingNewException", "", "final"],
    ["dynamodb", 503, "com.amazonaws.dynamodb.v20120810#SomethingNewException", "", "transient"],
    ["sqs", 403, "com.amazon.coral.service#AccessDeniedException", "AccessDenied;Sender", "final"],
    ["sqs", 400, "com.amazonaws.sqs#KmsDisabled", "KMS.DisabledException;Sender", "final"],
    ["sqs", 400, "com.amazonaws.sqs#KmsThrottled", "KMS.ThrottlingException;Sender", "throttled"],
    ["sqs", 403, "com.amazonaws.sqs#RequestThrottled", "RequestThrottled;Sender", "throttled"],
    ["sqs", 404, "com.amazonaws.sqs#InvalidAddress", "InvalidAddress;Sender", "final"],
    [
      "sqs",
      400,
      "com.amazonaws.sqs#QueueDoesNotExist",
      "AWS.SimpleQueueService.NonExistentQueue;Sender",
      "final",
    ],
    ["sqs", 500, "com.amazon.coral.service#InternalFailure", "InternalFailure;Receiver", "transient"],
  ])(
    "of %s with status %i and the name %s is of one kind by either path",
    async (service, status, type, query, kind) => {
      const headers = query === "" ? "" : `x-amzn-query-error: ${query}\r\n`;
      const errors = await errorsFor(service, httpAnswer(status, body(type), headers));
      expect(errors.map(kindOfError)).toEqual([kind, kind]);
    },
  );

  it.each([
    [200, "transient"],
    [503, "transient"],
    [403, "final"],
  ] as const)("that is a page of HTML with status %i is %s", async (status, kind) => {
    const [, error] = await errorsFor("dynamodb", httpAnswer(status, "<html>"));
    expect(kindOfError(error)).toBe(kind);
  });
});

describe("a call without a response", () => {
  const { sessionToken: _, ...credentials } = callIdentity;
  const region = "us-east-1";
  const dynamodbOf = (config: object): Promise<unknown> =>
    rejectionOf(new DynamoDBClient({ maxAttempts: 1, ...config }).send(put));

  it.each([
    ["no Region", {}, "Region is missing"],
    ["no credentials", { region }, "Could not load credentials from any providers"],
    ["an endpoint that is not a URL", { region, credentials, endpoint: "nowhere" }, "Invalid URL"],
  ])("is final with %s", async (_, config, message) => {
    for (const name of ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"])
      vi.stubEnv(name, undefined);
    for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) vi.stubEnv(name, "/dev/null");
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    const error = await dynamodbOf(config);
    expect(error).toMatchObject({ message: expect.stringContaining(message) });
    expect(awsFailure("STORAGE_FAILED", "PutItem", error)).toMatchObject({ retryable: false });
  });

  it("is transient if the server cannot be reached, breaks the connection or does not respond", async () => {
    const unreachable = await dynamodbOf({ region, credentials, endpoint: "http://127.0.0.1:1" });
    const breaking = await startRawServer({ onRequest: ({ socket }) => socket.destroy() });
    const silent = await startRawServer({ onRequest: () => {} });
    const requestHandler = { requestTimeout: 50, throwOnRequestTimeout: true };
    const errors = [
      unreachable,
      await rejectionOf(dynamodbAlone(breaking, { maxAttempts: 1 }).send(put)),
      await rejectionOf(dynamodbAlone(silent, { maxAttempts: 1, requestHandler }).send(put)),
    ];
    expect(errors.map(kindOfError)).toEqual(["transient", "transient", "transient"]);
  });

  it("is final for a failure in the calling code, and for what is not an error", () => {
    expect([new TypeError("x is not a function"), "text", undefined].map(kindOfError)).toEqual([
      "final",
      "final",
      "final",
    ]);
  });
});

describe("a cancelled transaction", () => {
  const cancelled = (...codes: string[]): Error =>
    new dynamodb.TransactionCanceledException({
      message: "cancelled",
      $metadata: {},
      CancellationReasons: codes.map((Code) => ({ Code })),
    });

  it.each<[string[], ErrorKind]>([
    [["ThrottlingError", "None"], "throttled"],
    [["None", "ProvisionedThroughputExceeded"], "throttled"],
    [["TransactionConflict", "ThrottlingError"], "throttled"],
    [["TransactionConflict", "None"], "transient"],
    [["ConditionalCheckFailed", "ThrottlingError"], "throttled"],
    [["ValidationError", "ThrottlingError"], "final"],
    [["ItemCollectionSizeLimitExceeded"], "final"],
    [["ConditionalCheckFailed"], "final"],
  ])("for %j is %s", (codes, kind) => {
    expect(kindOfError(cancelled(...codes))).toBe(kind);
  });
});

it("makes a signature that expired in a frozen process transient, and a wrong one final", () => {
  const refused = (message: string): Error =>
    Object.assign(new Error(message), { name: "InvalidSignatureException" });
  expect(kindOfError(refused("Signature expired: 20261128T0000Z is now earlier than 20261128T0100Z"))).toBe(
    "transient",
  );
  expect(kindOfError(refused("The request signature we calculated does not match"))).toBe("final");
});
