/** DynamoDB can leave some items of a batch unprocessed. Its test double never does. */
import { randomUUID } from "node:crypto";
import { type BatchWriteItemCommand, ProvisionedThroughputExceededException } from "@aws-sdk/client-dynamodb";
import { expect, it, onTestFinished } from "vitest";
import { createDynamodbSubscriptions } from "../../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import type { Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import type { Subscription } from "../../../packages/pubsub/src/core/types.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { rejectionOf, subscriptionOf } from "../../support/samples.ts";
import { createTestTable } from "../../support/table.ts";
import { idsOf, pagesOf, putAll } from "./subscriptions-set-up.ts";

/**
 * Leaves every item but the first of a batch unprocessed, `times` times. Before that, it refuses whole batches, `refused`
 * times.
 */
async function setUp(
  times: number,
  refused: number = 0,
): Promise<{
  subscriptions: Subscriptions;
  topicId: string;
  rows: Subscription[];
  batches: number[];
}> {
  const table = await createTestTable();
  onTestFinished(() => table.client.destroy());
  const batches: number[] = [];
  let calls = 0;
  table.client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName !== "BatchWriteItemCommand") return next(args);
      if (++calls <= refused)
        throw new ProvisionedThroughputExceededException({ $metadata: {}, message: "later" });
      const input = args.input as BatchWriteItemCommand["input"];
      const [first, ...rest] = input.RequestItems?.[table.tableName] ?? [];
      batches.push(rest.length + 1);
      if (!first || rest.length === 0 || batches.length > times) return next(args);
      const result = await next({
        ...args,
        input: { ...input, RequestItems: { [table.tableName]: [first] } },
      });
      return { ...result, output: { ...result.output, UnprocessedItems: { [table.tableName]: rest } } };
    },
    { step: "initialize", name: "leaveUnprocessed" },
  );
  const topicId = `topic-${randomUUID()}`;
  const rows = Array.from({ length: 20 }, (_, n) => subscriptionOf(`c${n}`, topicId));
  const subscriptions = createDynamodbSubscriptions(table, createManualClock());
  await putAll(subscriptions, rows);
  return { subscriptions, topicId, rows, batches };
}

it("removes the items that DynamoDB first left unprocessed", async () => {
  const { subscriptions, topicId, rows, batches } = await setUp(3);
  await subscriptions.remove(rows);
  expect(batches).toEqual([20, 19, 18, 17]);
  expect(idsOf(await pagesOf(subscriptions, topicId, 100))).toEqual([]);
});

it("removes the items of a batch that DynamoDB first refused whole, because all of them were throttled", async () => {
  const { subscriptions, topicId, rows, batches } = await setUp(1, 2);
  await subscriptions.remove(rows);
  expect(batches).toEqual([20, 19]);
  expect(idsOf(await pagesOf(subscriptions, topicId, 100))).toEqual([]);
});

it("rejects with a retryable error that counts the items if they stay unprocessed", async () => {
  const { subscriptions, topicId, rows, batches } = await setUp(Number.POSITIVE_INFINITY);
  expect(await rejectionOf(subscriptions.remove(rows))).toMatchObject({
    code: "STORAGE_FAILED",
    retryable: true,
    message: expect.stringMatching(/left \d+ items unprocessed/),
  });
  expect(idsOf(await pagesOf(subscriptions, topicId, 100))).toHaveLength(20 - batches.length);
});
