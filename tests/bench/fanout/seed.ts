import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { answerOrders } from "../support/answer-orders.ts";
import type { FanOutAnswer, FanOutOrder } from "./orders.ts";
import { readConnections } from "./read-connections.ts";

/** As the package's first version fanned out: one query, a client for each consumer, all posts at once. */
const dynamodb = new DynamoDBClient({});
const endpoint = process.env.BENCH_MANAGEMENT_ENDPOINT ?? "";

answerOrders<FanOutOrder, FanOutAnswer>(async ({ topicId, body }) => {
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
