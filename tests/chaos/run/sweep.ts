import { setTimeout as sleep } from "node:timers/promises";
import { paginateScan } from "@aws-sdk/client-dynamodb";
import { publishToTopic } from "lambda-websocket-pubsub";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import { parseConsumerKey } from "../../../packages/pubsub/src/aws/dynamodb/schema.ts";
import type { AwsClients } from "./clients.ts";
import { countQueuedMessages } from "./queued-messages.ts";

/** The worker ignores a 410 of subscriptions younger than 30 s. A shifted clock adds 5 s, and 5 s are a reserve. */
const YOUNG_MS = 40_000;
const MAX_SWEEP_MS = 240_000;
const POLL_MS = 250;

/**
 * Runs after all connections have closed. A publish to each topic gets a 410 for every subscription whose `$disconnect`
 * was lost, and removes it. Returns how many subscriptions still exist although they were old enough to be removed.
 */
export async function sweep(
  stack: LocalStack,
  topics: readonly string[],
  awsClients: AwsClients,
): Promise<number> {
  const { dynamodbTableName, fanoutQueueUrl } = stack;
  const config = { dynamodbTableName, fanoutQueueUrl };
  const publishedMs = Date.now();
  await Promise.all(topics.map((topicId) => publishToTopic({ topicId, data: "sweep", config })));
  const deadlineMs = performance.now() + MAX_SWEEP_MS;
  while (performance.now() < deadlineMs) {
    if ((await countQueuedMessages(awsClients, fanoutQueueUrl)).all === 0) break;
    await sleep(POLL_MS);
  }
  let left = 0;
  const scan = { TableName: dynamodbTableName, ConsistentRead: true };
  for await (const { Items = [] } of paginateScan({ client: awsClients.dynamodb }, scan)) {
    for (const { p, subscribedAt, expiresAt } of Items) {
      // A row that is expired or has no `subscribedAt` was written by the suite
      const isOurs = parseConsumerKey(p?.S ?? "") !== undefined && Number(expiresAt?.N) * 1_000 > publishedMs;
      if (isOurs && Number(subscribedAt?.N) < publishedMs - YOUNG_MS) left += 1;
    }
  }
  return left;
}
