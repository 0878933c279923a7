import { Logger } from "@aws-lambda-powertools/logger";
import type { PubsubConfig } from "../config.ts";
import { extractConsumerFromApiGatewayEvent } from "../consumer.ts";
import { createPubsub } from "../pubsub.ts";
import { unsubscribeFromAll } from "../subscriptions/subscribe.ts";
import { answerFrame } from "./answer-frame.ts";
import { type Authorize, isAuthorized } from "./authorize.ts";
import type { LambdaContext, WebsocketEvent, WebsocketResult } from "./lambda-types.ts";
import { logObserver } from "./log-observer.ts";
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
  const logger = new Logger();
  const pubsub = createPubsub(config, logObserver(logger));
  return async (event, context) => {
    if (context) logger.addContext(context);
    const consumer = extractConsumerFromApiGatewayEvent({ event });
    const { eventType } = event.requestContext;
    if (eventType === "CONNECT") {
      const allowed = await isAuthorized(
        authorize,
        { action: "CONNECT", consumer, event },
        pubsub.ports.observe,
      );
      return { statusCode: allowed ? 200 : 403 };
    }
    if (eventType === "DISCONNECT") {
      await unsubscribeFromAll(pubsub.ports, consumer);
      return { statusCode: 200 };
    }
    return answerFrame(pubsub, { authorize, consumer, event });
  };
}
