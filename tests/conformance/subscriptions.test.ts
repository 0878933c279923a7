import { createDynamodbSubscriptions } from "../../packages/pubsub/src/aws/dynamodb-subscriptions.ts";
import { createMemorySubscriptions } from "../../packages/pubsub/src/memory/subscriptions.ts";
import { sharedTestTable } from "../support/shared-table.ts";
import { describeSubscriptionsConformance } from "./subscriptions.ts";

describeSubscriptionsConformance("in memory", async (clock) => createMemorySubscriptions(clock));

const table = sharedTestTable();
describeSubscriptionsConformance("DynamoDB", async (clock) =>
  createDynamodbSubscriptions(await table(), clock),
);
