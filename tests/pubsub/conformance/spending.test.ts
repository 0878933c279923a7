import { randomUUID } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { createDynamodbSpending } from "../../../packages/pubsub/src/aws/dynamodb/spending.ts";
import { createMemorySpending } from "../../../packages/pubsub/src/testing/spending.ts";
import { countRequests } from "../../support/count-requests.ts";
import { consumerOf } from "../../support/samples.ts";
import { sharedTestTable } from "../../support/shared-table.ts";
import { describeSpendingConformance } from "./spending.ts";

describeSpendingConformance("in memory", async () => createMemorySpending());

const table = sharedTestTable();
describeSpendingConformance("DynamoDB", async () => createDynamodbSpending(await table()));

it("costs one write unit in DynamoDB, and one call more for the first time", async () => {
  const spending = createDynamodbSpending(await table());
  const counted = countRequests((await table()).client);
  onTestFinished(counted.stop);
  const consumer = consumerOf(randomUUID());
  const of = { account: "all", burstMs: 1_000, mayOwe: true } as const;
  const request = { consumer, costMs: 10, nowMs: Date.now(), ...of };
  await spending.spend(request);
  counted.take();
  await spending.spend(request);
  expect(counted.take()).toEqual({ requests: ["UpdateItem"], readUnits: 0, writeUnits: 1 });
});
