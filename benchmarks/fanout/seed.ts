import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { handleOrders } from "../support/handle-orders.ts";
import type { FanOutOrder, FanOutReply } from "./orders.ts";
import { readConnections } from "./read-connections.ts";

/** The fan-out of the package's first version: one query, one client per consumer, all posts at once. */
const dynamodb = new DynamoDBClient({});
const endpoint = process.env.BENCH_MANAGEMENT_ENDPOINT ?? "";

handleOrders<FanOutOrder, FanOutReply>(async ({ topicId, body }) => {
  const startedMs = performance.now();
  const { connectionIds } = await readConnections(dynamodb, { topicId });
  await Promise.all(
    connectionIds.map((ConnectionId) =>
      new ApiGatewayManagementApiClient({ endpoint }).send(
        new PostToConnectionCommand({ ConnectionId, Data: body }),
      ),
    ),
  );
  return { durationMs: performance.now() - startedMs };
});
