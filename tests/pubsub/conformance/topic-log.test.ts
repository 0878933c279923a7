import { createDynamodbTopicLog } from "../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import { createMemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { sharedTestTable } from "../../support/shared-table.ts";
import { describeTopicLogConformance } from "./topic-log.ts";

describeTopicLogConformance("in memory", async (clock) => createMemoryTopicLog(clock));

const table = sharedTestTable();
describeTopicLogConformance("DynamoDB", async (clock) => createDynamodbTopicLog(await table(), clock));
