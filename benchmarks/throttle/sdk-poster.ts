import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { inParallel } from "../../demo/subscriber.ts";
import { handleOrders } from "../support/handle-orders.ts";

export interface SdkOrder {
  endpoint: string;
  retryMode: "standard" | "adaptive";
  connectionIds: readonly string[];
  body: string;
}

const POSTS_AT_ONCE = 50;

/**
 * Posts with only the SDK: a loop with a fixed number of posts in flight, which leaves retries to the client. Errors are
 * ignored here, because the sink counts the connections that got no post.
 */
handleOrders<SdkOrder, null>(async ({ endpoint, retryMode, connectionIds, body }) => {
  const client = new ApiGatewayManagementApiClient({ endpoint, retryMode });
  await inParallel(connectionIds.length, POSTS_AT_ONCE, async (index) => {
    const post = new PostToConnectionCommand({ ConnectionId: connectionIds[index], Data: body });
    await client.send(post).catch(() => {});
  });
  return null;
});
