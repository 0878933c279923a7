import { type AttributeValue, type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { parseConsumerKey, TABLE, topicKey } from "../../packages/pubsub/src/aws/dynamodb/schema.ts";

type Key = Record<string, AttributeValue>;

interface Connections {
  connectionIds: string[];
  /** The start key of the next query. Undefined at the end. */
  lastKey: Key | undefined;
}

/** Makes one query of a topic's subscribers. It returns at most `limit`, or as many as fit into DynamoDB's 1 MB. */
export async function readConnections(
  dynamodb: DynamoDBClient,
  { topicId, limit, startKey }: { topicId: string; limit?: number; startKey?: Key | undefined },
): Promise<Connections> {
  const query = new QueryCommand({
    TableName: process.env.PUBSUB_TABLE_NAME,
    IndexName: TABLE.index.name,
    KeyConditionExpression: "p2 = :topic",
    ExpressionAttributeValues: { ":topic": { S: topicKey(topicId) } },
    Limit: limit,
    ExclusiveStartKey: startKey,
  });
  const { Items = [], LastEvaluatedKey: lastKey } = await dynamodb.send(query);
  const connectionIds = Items.map(({ p }) => parseConsumerKey(p?.S ?? "")?.connectionId ?? "");
  return { connectionIds, lastKey };
}
