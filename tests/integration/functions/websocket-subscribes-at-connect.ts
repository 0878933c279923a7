import { setTimeout as delay } from "node:timers/promises";
import { extractConsumerFromApiGatewayEvent, subscribeToTopic } from "lambda-websocket-pubsub";
import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { pubsubConfig } from "../../../functions/config.ts";

type Handler = ReturnType<typeof createWebsocketHandler>;

const config = pubsubConfig();
const handle = createWebsocketHandler({ config });
/** Long enough for another process to find the row. */
const CONNECT_TAKES_MS = 3_000;

/** Subscribes every client before its connection can be used, and chooses the first subprotocol that it offers. */
export const handler: Handler = async (event, context) => {
  const { eventType } = event.requestContext;
  if (eventType !== "CONNECT") return handle(event, context);
  const consumer = extractConsumerFromApiGatewayEvent({ event });
  await subscribeToTopic({ consumer, topicId: "everybody", config });
  await delay(CONNECT_TAKES_MS);
  const { "Sec-WebSocket-Protocol": offered } = (event as { headers?: Record<string, string> }).headers ?? {};
  const [chosen] = offered?.split(",") ?? [];
  return { statusCode: 200, ...(chosen && { headers: { "Sec-WebSocket-Protocol": chosen } }) };
};
