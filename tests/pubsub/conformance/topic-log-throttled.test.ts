/**
 * DynamoDB throttles an append that needs a transaction by cancelling the transaction, which the SDK does not try
 * again. Its test double never throttles by itself.
 */
import { randomUUID } from "node:crypto";
import {
  DynamoDBClient,
  TransactionCanceledException,
  TransactionInProgressException,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { localCredentials } from "../../../packages/local/src/credentials.ts";
import { type MeteredDynamodb, startMeteredDynamodb } from "../../../packages/local/src/dynamodb/index.ts";
import type { DynamodbFault } from "../../../packages/local/src/faults/call-fault-types.ts";
import { createDynamodbTopicLog } from "../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import type { AppendOutcome } from "../../../packages/pubsub/src/core/ports.ts";
import { directDynamodb } from "../../support/direct-calls.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { collect, eventToAppend, rejectionOf } from "../../support/samples.ts";
import { createTestTable } from "../../support/table.ts";

const epoch = "0m1c2d3e4";

/** A log whose calls pass the local stack's faults. */
async function setUp(transport: "direct" | "sdk") {
  const { client, tableName } = await createTestTable();
  client.destroy();
  const upstream = inject("dynamodbEndpoint");
  const dynamodb: MeteredDynamodb = await startMeteredDynamodb({
    host: "127.0.0.1",
    port: undefined,
    upstream,
  });
  const { endpoint } = dynamodb;
  // The SDK's own tries come at once, so that only the library's pauses are counted, by the virtual clock
  const alone = new DynamoDBClient({
    endpoint,
    region: "us-east-1",
    credentials: localCredentials,
    maxAttempts: 1,
  });
  const caller = transport === "sdk" ? alone : directDynamodb(alone, () => {});
  onTestFinished(async () => {
    alone.destroy();
    await dynamodb.stop();
  });
  const clock = createManualClock({ random: () => 0.999 });
  const log = createDynamodbTopicLog({ client: caller, tableName }, clock);
  const topicId = randomUUID();
  // The SDK makes the first call to an endpoint, from which direct calls learn it
  await log.tail(topicId);
  const tokens: unknown[] = [];
  const order = (fault: DynamodbFault): void => {
    const match = ({ body }: { body: Readonly<Record<string, unknown>> }): boolean => {
      tokens.push(body.ClientRequestToken);
      return true;
    };
    dynamodb.faults.add({ operations: ["TransactWriteItems", "PutItem"], match, ...fault });
  };
  /** Events with an id in capitals have an idempotency record. */
  const append = (ids: readonly string[]): Promise<AppendOutcome> => {
    const events = ids.map((id) =>
      eventToAppend(id, { nowMs: clock.now(), idempotent: id === id.toUpperCase() }),
    );
    return log.append({ topicId, epoch, offset: 1, events });
  };
  const stored = async (): Promise<string[]> =>
    (await collect(log.read({ topicId, epoch, after: 0 }))).map((event) => event.publicationId);
  return { append, caller, clock, order, stored, tokens };
}

describe.each(["direct", "sdk"] as const)("an append by the transport %s", (transport) => {
  // The SDK repeats what a direct call was refused with, except for a cancelled transaction
  it.each([
    ["ThrottlingError", ["a", "b"], 2],
    ["ProvisionedThroughputExceeded", ["a", "b"], 2],
    ["ProvisionedThroughputExceededException", ["a"], transport === "direct" ? 4 : 2],
    ["ThrottlingException", ["a"], transport === "direct" ? 4 : 2],
    ["RequestLimitExceeded", ["a", "b"], transport === "direct" ? 4 : 2],
  ] as const)("is made after growing pauses when %s refused it twice: %j", async (error, ids, times) => {
    const { append, clock, order, stored, tokens } = await setUp(transport);
    order({ error, times });
    expect(await append(ids)).toEqual({ outcome: "appended" });
    expect(await stored()).toEqual(ids);
    const [first = 0, second = 0] = clock.slept;
    expect(second).toBe(2 * first);
    expect(new Set(tokens).size).toBe(1);
  });

  it("rejects with a retryable error after less than 13 seconds of pauses if it stays throttled", async () => {
    const { append, clock, order, stored } = await setUp(transport);
    order({ error: "ThrottlingError" });
    expect(await rejectionOf(append(["a", "b"]))).toMatchObject({
      code: "STORAGE_FAILED",
      retryable: true,
      context: { operation: "TransactWriteItems", awsError: "TransactionCanceledException" },
    });
    expect(clock.slept).toHaveLength(7);
    expect(clock.slept).toEqual(clock.slept.toSorted((a, b) => a - b));
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(13_000);
    expect(await stored()).toEqual([]);
  });

  it("waits for its own transaction that is still in progress, and recognises it", async () => {
    const { append, caller, stored } = await setUp(transport);
    let lost = 2;
    caller.middlewareStack.add(
      (next, { commandName = "" }) =>
        async (args) => {
          const result = await next(args);
          if (commandName !== "TransactWriteItemsCommand" || lost-- <= 0) return result;
          throw new TransactionInProgressException({ $metadata: {}, message: "in progress" });
        },
      { step: "initialize", name: "loseAnswers" },
    );
    expect(await append(["a", "b"])).toEqual({ outcome: "appended" });
    expect(await stored()).toEqual(["a", "b"]);
  });

  // A regression: the record was taken for an earlier publication, and the event without a record was written twice
  it("is not taken for a duplicate of itself if the repeated transaction is throttled in part", async () => {
    const { append, caller, stored } = await setUp(transport);
    let lost = 1;
    caller.middlewareStack.add(
      (next, { commandName = "" }) =>
        async (args) => {
          const result = await next(args);
          if (commandName !== "TransactWriteItemsCommand" || lost-- <= 0) return result;
          throw new TransactionCanceledException({
            $metadata: {},
            message: "cancelled",
            CancellationReasons: [
              { Code: "ThrottlingError" },
              { Code: "ConditionalCheckFailed", Item: { publicationId: { S: "B" } } },
              { Code: "None" },
              { Code: "ConditionalCheckFailed", Item: { epoch: { S: epoch }, offset: { N: "2" } } },
            ],
          });
        },
      { step: "initialize", name: "loseAnswers" },
    );
    expect(await append(["a", "B"])).toEqual({ outcome: "appended" });
    expect(await stored()).toEqual(["a", "B"]);
  });
});
