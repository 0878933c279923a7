import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { inParallel } from "../../../demo/subscriber.ts";
import { answerOrders } from "../support/answer-orders.ts";

export interface SdkOrder {
  endpoint: string;
  retryMode: "standard" | "adaptive";
  connectionIds: readonly string[];
  body: string;
}

const POSTS_AT_ONCE = 50;

/**
 * How it is done with the SDK alone: a loop with so many posts in flight, the retries left to the client. What that
 * gives up is the sink's to tell: a connection that was never reached.
 */
answerOrders<SdkOrder, null>(async ({ endpoint, retryMode, connectionIds, body }) => {
  const client = new ApiGatewayManagementApiClient({ endpoint, retryMode });
  await inParallel(connectionIds.length, POSTS_AT_ONCE, async (index) => {
    const post = new PostToConnectionCommand({ ConnectionId: connectionIds[index], Data: body });
    await client.send(post).catch(() => {});
  });
  return null;
});
