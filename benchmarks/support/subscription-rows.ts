import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { localCredentials } from "lambda-websocket-pubsub-local";
import { consumerKey, topicKey } from "../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { writeRows } from "../../tests/support/rows.ts";
import { toConnectionId } from "./connection-ids.ts";

const domainName = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
const stage = "$default";
/** Old enough that the worker accepts a 410, and young enough not to expire during the benchmark. */
const SUBSCRIBED_AGO_MS = 600_000;
const LIFE_SECONDS = 7_800;
/** The number of rows in memory at a time. The measured processes need the rest of the memory. */
const STEP = 5_000;

/** Writes subscriptions to a topic without the library, with the same attributes that the library writes. */
export async function writeSubscriptions(
  { dynamodbEndpoint: endpoint, dynamodbTableName }: { dynamodbEndpoint: string; dynamodbTableName: string },
  { topicId, count }: { topicId: string; count: number },
  onWritten: (written: number) => void = () => {},
): Promise<void> {
  const dynamodb = new DynamoDBClient({ endpoint, region: "us-east-1", credentials: localCredentials });
  const subscribedAt = Date.now() - SUBSCRIBED_AGO_MS;
  const toRow = (index: number): Parameters<typeof writeRows>[1][number] => ({
    p: { S: consumerKey({ domainName, stage, connectionId: toConnectionId(index) }) },
    u: { S: topicKey(topicId) },
    p2: { S: topicKey(topicId) },
    format: { S: "data" },
    subscribedAt: { N: String(subscribedAt) },
    expiresAt: { N: String(Math.ceil(subscribedAt / 1_000) + LIFE_SECONDS) },
  });
  try {
    for (let written = 0; written < count; written = Math.min(count, written + STEP)) {
      const length = Math.min(STEP, count - written);
      const rows = Array.from({ length }, (_, index) => toRow(written + index));
      await writeRows({ dynamodb, config: { dynamodbTableName } }, rows);
      onWritten(written + length);
    }
  } finally {
    dynamodb.destroy();
  }
}
