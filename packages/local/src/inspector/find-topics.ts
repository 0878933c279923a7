import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { parseTopicKey } from "lambda-websocket-pubsub/schema";

/** A page of a scan reads 1 MB, which is 128 read units. The budget is a twentieth of a cent for a hundred scans. */
const PAGES_MAX = 4;
const TOPICS_MAX = 500;

/**
 * Returns a function that lists topics. The table has no list of them, so it scans the beginning of the table, and the
 * caller learns whether that was all of it.
 */
export function createTopicFinder(TableName: string): () => Promise<{ topics: string[]; complete: boolean }> {
  let client: DynamoDBClient | undefined;
  return async () => {
    client ??= new DynamoDBClient({});
    const topics = new Set<string>();
    let from: Record<string, never> | undefined;
    for (let page = 0; page < PAGES_MAX; page++) {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new ScanCommand({
          TableName,
          ProjectionExpression: "p, u",
          ...(from && { ExclusiveStartKey: from }),
        }),
      );
      for (const { p, u } of Items) {
        const topicId = parseTopicKey(p?.S ?? "") ?? parseTopicKey(u?.S ?? "");
        if (topicId !== undefined) topics.add(topicId);
      }
      from = LastEvaluatedKey as Record<string, never> | undefined;
      if (!from)
        return { topics: [...topics].sort().slice(0, TOPICS_MAX), complete: topics.size <= TOPICS_MAX };
      if (topics.size >= TOPICS_MAX) break;
    }
    return { topics: [...topics].sort().slice(0, TOPICS_MAX), complete: false };
  };
}
