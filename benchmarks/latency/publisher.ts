import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { DynamoDBClient, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { listSubscribers, type PubsubConfig, publishToTopic } from "lambda-websocket-pubsub";
import { inParallel } from "../../demo/subscriber.ts";
import { parseConsumerKey, TABLE, topicKey } from "../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { handleOrders, machineNowMs } from "../support/handle-orders.ts";
import type { PublishOrder, PublishReply } from "./orders.ts";

/** Publishes in the ordered way, and replies when that publish resolves. */
const POSTS_AT_ONCE = 50;
/** The library's maximum. A larger audience gets its events through the queue in this way too. */
const INLINE_MAX = 100;
const dynamodbTableName = process.env.PUBSUB_TABLE_NAME ?? "";
const fanoutQueueUrl = process.env.PUBSUB_QUEUE_URL;
const configOf: Record<Exclude<PublishOrder["way"], "byHand" | "sdkDirect">, Partial<PubsubConfig>> = {
  queue: { fanoutQueueUrl },
  inline: { fanoutQueueUrl, inlineFanoutMax: INLINE_MAX },
  inProcess: {},
};
const dynamodb = new DynamoDBClient();
const connectionIds = new Map<string, Promise<string[]>>();
const management = new ApiGatewayManagementApiClient({
  requestHandler: { httpAgent: { keepAlive: true, maxSockets: POSTS_AT_ONCE } },
});

handleOrders<PublishOrder, PublishReply>(async ({ way, topicId, message }) => {
  const data = { message };
  if (way === "sdkDirect") return postDirectly(await findConnections(topicId), data);
  if (way === "byHand") return publishByHand(topicId, data);
  const config = { dynamodbTableName, ...configOf[way] };
  const sentMs = machineNowMs();
  await publishToTopic({ topicId, data, config });
  return { sentMs };
});

/** The minimum work of any publisher: the connections are known, and nothing is stored. */
async function postDirectly(ids: readonly string[], data: { message: number }): Promise<PublishReply> {
  const sentMs = machineNowMs();
  const Data = JSON.stringify(data);
  await inParallel(ids.length, POSTS_AT_ONCE, async (index) => {
    await management.send(new PostToConnectionCommand({ ConnectionId: ids[index], Data }));
  });
  return { sentMs };
}

/** The least work of a publisher who stores a message before it is posted, and does not know the connections. */
async function publishByHand(topicId: string, data: { message: number }): Promise<PublishReply> {
  const sentMs = machineNowMs();
  const p = { S: `by-hand#${topicId}` };
  const item = { p, u: { S: String(data.message) }, data: { S: JSON.stringify(data) } };
  await dynamodb.send(new PutItemCommand({ TableName: dynamodbTableName, Item: item }));
  const query = new QueryCommand({
    TableName: dynamodbTableName,
    IndexName: TABLE.index.name,
    KeyConditionExpression: "p2 = :topic",
    ExpressionAttributeValues: { ":topic": { S: topicKey(topicId) } },
  });
  const { Items = [] } = await dynamodb.send(query);
  const consumers = Items.map(({ p: key }) => parseConsumerKey(key?.S ?? ""));
  await postDirectly(
    consumers.flatMap((consumer) => consumer?.connectionId ?? []),
    data,
  );
  return { sentMs };
}

function findConnections(topicId: string): Promise<string[]> {
  const known = connectionIds.get(topicId);
  if (known) return known;
  const found = listConnections(topicId);
  connectionIds.set(topicId, found);
  return found;
}

async function listConnections(topicId: string): Promise<string[]> {
  const ids: string[] = [];
  const config = { dynamodbTableName };
  for await (const { connectionId } of listSubscribers({ topicId, config })) ids.push(connectionId);
  return ids;
}
