import type { PubsubConfig } from "../api/config.ts";
import { createPubsub, type Pubsub } from "../api/create-pubsub.ts";
import { extractConsumerFromApiGatewayEvent } from "../core/consumer.ts";
import { checkOptions } from "../core/options/check-options.ts";
import { callable, checkedLater, type RulesFor, wholeNumber } from "../core/options/option-rules.ts";
import { unsubscribeFromAll } from "../core/subscriptions/subscribe.ts";
import { createHandlerTelemetry } from "../observe/powertools.ts";
import { answerFrame, type FrameSettings } from "./answer-frame.ts";
import { type Authorize, isAuthorized } from "./authorize.ts";
import { createFrameRate } from "./frame-rate.ts";
import type { LambdaContext, WebsocketEvent, WebsocketResult } from "./lambda-types.ts";

/** Ours: how many topics one connection may be subscribed to by its own frames, unless the handler says otherwise. */
const SUBSCRIPTIONS_MAX_DEFAULT = 100;

/** Ours: how many messages a second one connection may send. */
const MESSAGES_PER_SECOND_MAX_DEFAULT = 50;

/**
 * Ours: how long an `authorize` hook may take unless the handler says otherwise. Half of what our client waits for
 * an answer, and well below the 29 s after which API Gateway gives up on an integration.
 */
const AUTHORIZE_MS_MAX_DEFAULT = 5_000;

export interface WebsocketHandlerOptions {
  config: PubsubConfig;
  /** Asked before every connection and subscription; without it everything is allowed. See docs/security.md. */
  authorize?: Authorize | undefined;
  /** How long `authorize` may take, after which the answer is no: 1 to 25,000 ms. Default 5,000. */
  authorizeTimeoutMs?: number | undefined;
  /** How many topics a connection may be subscribed to by its own frames: 1 to 10,000. Default 100. */
  maxSubscriptions?: number | undefined;
  /** What one connection may send to one environment of the function, with ten times as much at once. Default 50. */
  maxMessagesPerSecond?: number | undefined;
}

const rules: RulesFor<WebsocketHandlerOptions> = {
  config: checkedLater,
  authorize: callable,
  authorizeTimeoutMs: wholeNumber(1, 25_000),
  maxSubscriptions: wholeNumber(1, 10_000),
  maxMessagesPerSecond: wholeNumber(1, 10_000),
};

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
  checkOptions("createWebsocketHandler", options, rules);
  const telemetry = createHandlerTelemetry();
  const pubsub = createPubsub(options.config, telemetry.observe);
  const settings = frameSettings(options, pubsub);
  return async (event, context) => {
    telemetry.begin(context);
    try {
      return await handleWebsocketEvent(pubsub, settings, event);
    } finally {
      telemetry.end();
    }
  };
}

/** Fills in the defaults. */
export function frameSettings(
  options: WebsocketHandlerOptions,
  { ports }: Pick<Pubsub, "ports">,
): FrameSettings {
  const {
    authorize,
    authorizeTimeoutMs = AUTHORIZE_MS_MAX_DEFAULT,
    maxSubscriptions = SUBSCRIPTIONS_MAX_DEFAULT,
    maxMessagesPerSecond = MESSAGES_PER_SECOND_MAX_DEFAULT,
  } = options;
  return {
    gate: { authorize, timeoutMs: authorizeTimeoutMs, observe: ports.observe },
    maxSubscriptions,
    frameRate: createFrameRate(maxMessagesPerSecond, ports.clock),
  };
}

/** What the handler does, over any ports. */
export async function handleWebsocketEvent(
  pubsub: Pubsub,
  settings: FrameSettings,
  event: WebsocketEvent,
): Promise<WebsocketResult> {
  const consumer = extractConsumerFromApiGatewayEvent({ event });
  const { eventType } = event.requestContext;
  if (eventType === "CONNECT") {
    const isAllowed = await isAuthorized(settings.gate, { action: eventType, consumer, event });
    return { statusCode: isAllowed ? 200 : 403 };
  }
  if (eventType === "DISCONNECT") {
    await unsubscribeFromAll(pubsub.ports, consumer);
    return { statusCode: 200 };
  }
  return answerFrame(pubsub, { ...settings, consumer, event });
}
