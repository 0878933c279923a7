import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { inParallel } from "../../demo/subscriber.ts";
import { handleOrders } from "../support/handle-orders.ts";
import type { FanOutOrder, FanOutReply } from "./orders.ts";
import { readConnections } from "./read-connections.ts";

/** A good fan-out with only the SDK: one page after the other, one tuned client, a fixed number of posts in flight. */
const POSTS_AT_ONCE = 50;
const PAGE_SIZE = 1_000;

const dynamodb = new DynamoDBClient({});
const client = new ApiGatewayManagementApiClient({
  endpoint: process.env.BENCH_MANAGEMENT_ENDPOINT ?? "",
  requestHandler: { httpsAgent: { keepAlive: true, maxSockets: POSTS_AT_ONCE } },
});

handleOrders<FanOutOrder, FanOutReply>(async ({ topicId, body }) => {
  const startedMs = performance.now();
  let startKey: Awaited<ReturnType<typeof readConnections>>["lastKey"];
  do {
    const { connectionIds, lastKey } = await readConnections(dynamodb, {
      topicId,
      limit: PAGE_SIZE,
      startKey,
    });
    await inParallel(connectionIds.length, POSTS_AT_ONCE, async (index) => {
      await client.send(new PostToConnectionCommand({ ConnectionId: connectionIds[index], Data: body }));
    });
    startKey = lastKey;
  } while (startKey);
  return { durationMs: performance.now() - startedMs };
});
