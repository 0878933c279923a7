import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { inParallel } from "../../demo/subscriber.ts";
import { type PosterOrder, type Prepare, runPoster } from "./poster.ts";

runPoster(createSdk);

/** Posts with AWS's client, tuned: one client for all posts, and as many keep-alive sockets as posts in flight. */
function createSdk({ endpoint, bodyBytes, sockets }: PosterOrder): Prepare {
  const agent = { keepAlive: true, maxSockets: sockets };
  const client = new ApiGatewayManagementApiClient({
    endpoint,
    maxAttempts: 1,
    requestHandler: { httpAgent: agent, httpsAgent: agent },
  });
  const body = Buffer.alloc(bodyBytes, "x");
  return (connectionIds) => () =>
    inParallel(connectionIds.length, sockets, async (index) => {
      await client.send(new PostToConnectionCommand({ ConnectionId: connectionIds[index], Data: body }));
    });
}
