import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { localCredentials } from "lambda-websocket-pubsub-local";
import { consumerKey, topicKey } from "../../../packages/pubsub/src/aws/schema.ts";
import { writeRows } from "../../support/rows.ts";
import { connectionIdOf } from "./connection-ids.ts";

const domainName = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
const stage = "$default";
/** Old enough for a 410 to be believed, young enough not to expire meanwhile. */
const SUBSCRIBED_AGO_MS = 600_000;
const LIFE_SECONDS = 7_800;
/** Rows made at once: what is in memory beside the processes that are measured. */
const STEP = 5_000;

/** Writes so many subscriptions to a topic past the library, with the attributes that it writes. */
export async function writeSubscriptions(
  { dynamodbEndpoint: endpoint, dynamodbTableName }: { dynamodbEndpoint: string; dynamodbTableName: string },
  { topicId, count }: { topicId: string; count: number },
  onWritten: (written: number) => void = () => {},
): Promise<void> {
  const dynamodb = new DynamoDBClient({ endpoint, region: "us-east-1", credentials: localCredentials });
  const subscribedAt = Date.now() - SUBSCRIBED_AGO_MS;
  const rowOf = (index: number): Parameters<typeof writeRows>[1][number] => ({
    p: { S: consumerKey({ domainName, stage, connectionId: connectionIdOf(index) }) },
    u: { S: topicKey(topicId) },
    p2: { S: topicKey(topicId) },
    format: { S: "data" },
    subscribedAt: { N: String(subscribedAt) },
    expiresAt: { N: String(Math.ceil(subscribedAt / 1_000) + LIFE_SECONDS) },
  });
  try {
    for (let written = 0; written < count; written = Math.min(count, written + STEP)) {
      const length = Math.min(STEP, count - written);
      const rows = Array.from({ length }, (_, index) => rowOf(written + index));
      await writeRows({ dynamodb, config: { dynamodbTableName } }, rows);
      onWritten(written + length);
    }
  } finally {
    dynamodb.destroy();
  }
}
