import { setTimeout as delay } from "node:timers/promises";
import { extractConsumerFromApiGatewayEvent, subscribeToTopic } from "lambda-websocket-pubsub";
import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

const config = pubsubConfig();
const handle = createWebsocketHandler({ config, authorize: "everybody" });
/** Long enough for another process to find the row. */
const CONNECT_TAKES_MS = 3_000;

interface ConnectEvent {
  headers?: Record<string, string>;
  queryStringParameters?: Record<string, string>;
}

/**
 * Subscribes every client before its connection can be used, long before if its URL has the parameter `slow`. Chooses the
 * first subprotocol that a client offers.
 */
export const handler: Handler = async (event, context) => {
  const { eventType } = event.requestContext;
  if (eventType !== "CONNECT") return handle(event, context);
  const consumer = extractConsumerFromApiGatewayEvent({ event });
  await subscribeToTopic({ consumer, topicId: "everybody", config });
  const { headers, queryStringParameters } = event as ConnectEvent;
  if (queryStringParameters?.slow) await delay(CONNECT_TAKES_MS);
  const { "Sec-WebSocket-Protocol": offered } = headers ?? {};
  const [chosen] = offered?.split(",") ?? [];
  return { statusCode: 200, ...(chosen && { headers: { "Sec-WebSocket-Protocol": chosen } }) };
};
