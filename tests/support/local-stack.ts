import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { PubsubConfig } from "lambda-websocket-pubsub";
import {
  localCredentials as credentials,
  type LocalOptions,
  type LocalStack,
  startLocal,
} from "lambda-websocket-pubsub-local";
import { afterEach, beforeAll, inject } from "vitest";

/** The local stack of a test file, with clients that read its table and queues. It runs from the first test on. */
export interface TestStack {
  stack: LocalStack;
  /** The config that a producer publishes with. */
  config: { dynamodbTableName: string; fanoutQueueUrl: string };
  dynamodb: DynamoDBClient;
  sqs: SQSClient;
  /** Every line that the functions and the stack have logged so far. */
  log: string[];
}

const COMPLAINTS_SHOWN = 20;

/**
 * Starts the stack before the file's tests and stops it after them. The stack has its own table in the shared DynamoDB
 * Local. The library in this process finds the stack by the environment, as a producer does.
 */
export function stackForFile(options: () => LocalOptions | Promise<LocalOptions> = () => ({})): TestStack {
  const used: Partial<TestStack> = {};
  beforeAll(async () => {
    const log: string[] = [];
    const stack = await startLocal({
      dynamodbEndpoint: inject("dynamodbEndpoint"),
      tableName: `test-${randomUUID()}`,
      onLog: (line) => log.push(line),
      ...(await options()),
    });
    Object.assign(process.env, stack.env);
    const { dynamodbTableName, fanoutQueueUrl } = stack;
    const dynamodb = new DynamoDBClient({
      endpoint: stack.dynamodbEndpoint,
      region: stack.env.AWS_REGION ?? "",
      credentials,
    });
    const sqs = new SQSClient({
      endpoint: new URL(fanoutQueueUrl).origin,
      region: stack.env.AWS_REGION ?? "",
      credentials,
    });
    const config = { dynamodbTableName, fanoutQueueUrl } satisfies PubsubConfig;
    Object.assign(used, { stack, config, dynamodb, sqs, log });
    return async () => {
      dynamodb.destroy();
      sqs.destroy();
      await stack.stop();
    };
  });
  afterEach(({ task }) => {
    if (task.result?.state !== "fail") return;
    const complaints = used.log?.filter((line) => !/"level":\s*"(debug|info)"/i.test(line)) ?? [];
    console.error(
      ["The functions and the stack complained last:", ...complaints.slice(-COMPLAINTS_SHOWN)].join("\n"),
    );
  });
  // Filled in before any test runs
  return used as TestStack;
}
