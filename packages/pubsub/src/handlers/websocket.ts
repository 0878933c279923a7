import type { PubsubConfig } from "../config.ts";
import { extractConsumerFromApiGatewayEvent } from "../consumer.ts";
import { createHandlerTelemetry } from "../observe/powertools.ts";
import { createPubsub, type Pubsub } from "../pubsub.ts";
import { unsubscribeFromAll } from "../subscriptions/subscribe.ts";
import { answerFrame } from "./answer-frame.ts";
import { type Authorize, isAuthorized } from "./authorize.ts";
import type { LambdaContext, WebsocketEvent, WebsocketResult } from "./lambda-types.ts";
import { knownOptions } from "./options.ts";

export interface WebsocketHandlerOptions {
  config: PubsubConfig;
  /** Asked before every connection, subscription and so on; without it everything is allowed. */
  authorize?: Authorize | undefined;
}

/**
 * The Lambda handler for the routes `$connect`, `$disconnect` and `$default` of a WebSocket API: it speaks the
 * protocol of docs/protocol.md, and ends a connection's subscriptions with it.
 *
 * @example
 * ```ts
 * import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
 *
 * export const handler = createWebsocketHandler({ config: { dynamodbTableName, fanoutQueueUrl } });
 * ```
 */
export function createWebsocketHandler(
  options: WebsocketHandlerOptions,
): (event: WebsocketEvent, context?: LambdaContext) => Promise<WebsocketResult> {
  knownOptions("createWebsocketHandler", options, ["config", "authorize"]);
  const { config, authorize } = options;
  const telemetry = createHandlerTelemetry();
  const pubsub = createPubsub(config, telemetry.observe);
  return async (event, context) => {
    telemetry.begin(context);
    try {
      return await handle(pubsub, authorize, event);
    } finally {
      telemetry.end();
    }
  };
}

async function handle(
  pubsub: Pubsub,
  authorize: Authorize | undefined,
  event: WebsocketEvent,
): Promise<WebsocketResult> {
  const consumer = extractConsumerFromApiGatewayEvent({ event });
  const { eventType } = event.requestContext;
  if (eventType === "CONNECT") {
    const request = { action: "CONNECT" as const, consumer, event };
    return { statusCode: (await isAuthorized(authorize, request, pubsub.ports.observe)) ? 200 : 403 };
  }
  if (eventType === "DISCONNECT") {
    await unsubscribeFromAll(pubsub.ports, consumer);
    return { statusCode: 200 };
  }
  return answerFrame(pubsub, { authorize, consumer, event });
}
