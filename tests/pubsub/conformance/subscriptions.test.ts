import { withLegacySubscriptions } from "../../../packages/pubsub/src/aws/dynamodb/legacy-subscriptions.ts";
import { createDynamodbSubscriptions } from "../../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { sharedTestTable } from "../../support/shared-table.ts";
import { describeSubscriptionsConformance } from "./subscriptions.ts";

describeSubscriptionsConformance("in memory", async (clock) => createMemorySubscriptions(clock));

const table = sharedTestTable();
describeSubscriptionsConformance("DynamoDB", async (clock) =>
  createDynamodbSubscriptions(await table(), clock),
);

describeSubscriptionsConformance("DynamoDB with topics that may grow", async (clock) =>
  createDynamodbSubscriptions(await table(), clock, { observe: () => {} }),
);

describeSubscriptionsConformance("DynamoDB with the old package's rows", async (clock) =>
  withLegacySubscriptions(createDynamodbSubscriptions(await table(), clock), await table(), clock),
);
