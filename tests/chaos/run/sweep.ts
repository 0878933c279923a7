import { setTimeout as sleep } from "node:timers/promises";
import { paginateScan } from "@aws-sdk/client-dynamodb";
import { publishToTopic } from "lambda-websocket-pubsub";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import { parseConsumerKey } from "../../../packages/pubsub/src/aws/schema.ts";
import type { Lookers } from "./clients.ts";
import { queuedMessages } from "./queued-messages.ts";

/** Younger ones' 410 is not believed (30 s), whatever a clock that was set says (5 s, and as much to spare). */
const BELIEVED_MS = 40_000;
const SWEEP_MS_MAX = 240_000;
const LOOK_EVERY_MS = 250;

/**
 * When nobody is connected any more: a publish to each topic meets a 410 for every subscription that a lost
 * `$disconnect` has left, and removes it. Answers how many are left all the same, of those old enough to be believed.
 */
export async function sweep(stack: LocalStack, topics: readonly string[], lookers: Lookers): Promise<number> {
  const { dynamodbTableName, fanoutQueueUrl } = stack;
  const config = { dynamodbTableName, fanoutQueueUrl };
  const publishedMs = Date.now();
  await Promise.all(topics.map((topicId) => publishToTopic({ topicId, data: "sweep", config })));
  const deadlineMs = performance.now() + SWEEP_MS_MAX;
  while (performance.now() < deadlineMs) {
    if ((await queuedMessages(lookers, fanoutQueueUrl)).all === 0) break;
    await sleep(LOOK_EVERY_MS);
  }
  let left = 0;
  const scan = { TableName: dynamodbTableName, ConsistentRead: true };
  for await (const { Items = [] } of paginateScan({ client: lookers.dynamodb }, scan)) {
    for (const { p, subscribedAt, expiresAt } of Items) {
      // Without `subscribedAt`, or expired, it is a row that the suite has written
      const isOurs = parseConsumerKey(p?.S ?? "") !== undefined && Number(expiresAt?.N) * 1_000 > publishedMs;
      if (isOurs && Number(subscribedAt?.N) < publishedMs - BELIEVED_MS) left += 1;
    }
  }
  return left;
}
