import { type PubsubConfig, resolveConfig } from "../api/config.ts";
import { createPubsub, type Pubsub } from "../api/create-pubsub.ts";
import { extractConsumerFromApiGatewayEvent } from "../core/consumer.ts";
import { checkOptions } from "../core/options/check-options.ts";
import {
  callable,
  checkedLater,
  numberBetween,
  type RulesFor,
  wholeNumber,
} from "../core/options/option-rules.ts";
import { endConnection } from "../core/subscriptions/end-connection.ts";
import { assertRoutable } from "../core/subscriptions/routable.ts";
import type { Consumer } from "../core/types.ts";
import { createHandlerTelemetry } from "../observe/powertools.ts";
import { answerFrame, type FrameSettings } from "./answer-frame.ts";
import { type Authorize, EVERYBODY } from "./authorize.ts";
import { createBrake } from "./brake.ts";
import { type ConnectSettings, connect } from "./connect.ts";
import { createFrameRate } from "./frame-rate.ts";
import type { LambdaContext, WebsocketEvent, WebsocketResult } from "./lambda-types.ts";
import { type SubprotocolOption, subprotocolRule } from "./subprotocol.ts";
import { warmUpSource } from "./warm-up.ts";

/** Our own default: how many topics one connection may subscribe to by its own messages. */
const SUBSCRIPTIONS_MAX_DEFAULT = 100;

/** Our own default: how many messages a second one connection may send. */
const MESSAGES_PER_SECOND_MAX_DEFAULT = 50;

/**
 * Our own default: what one connection may cost in an hour. At this rate it sends about two messages a second, or a
 * heartbeat with 100 topics every three seconds.
 */
const DOLLARS_PER_HOUR_MAX_DEFAULT = 0.02;

/**
 * Our own default: how long an `authorize` hook may take. It is half of the time that our client waits for a response,
 * and well below the 29 s after which API Gateway ends an integration.
 */
const AUTHORIZE_MS_MAX_DEFAULT = 5_000;

export interface WebsocketHandlerOptions {
  config: PubsubConfig;
  /**
   * Who may connect and subscribe: a hook, which is called before every connection and subscription, or `"everybody"`,
   * which lets every client read every topic. See docs/security.md.
   */
  authorize: Authorize | "everybody";
  /**
   * How long `authorize` may take before the request counts as undecided: 1 to 25,000 ms. Default 5,000. The request is
   * then not allowed, and the client may try again.
   */
  authorizeTimeoutMs?: number | undefined;
  /** How many topics a connection may subscribe to by its own messages: 1 to 10,000. Default 100. */
  maxSubscriptions?: number | undefined;
  /**
   * How many messages a second one connection may send to one environment of the function: 1 to 10,000. Ten times as
   * many may come at once. Default 50.
   */
  maxMessagesPerSecond?: number | undefined;
  /**
   * What one connection may cost in an hour, in US dollars at list prices: 0.001 to 1,000. Default 0.02. It holds over all
   * environments of the function. A twentieth of it may come at once. A client above it gets `RATE_LIMITED`; one that goes on
   * sending is disconnected. Raise it for clients that send more than two messages a second for minutes.
   */
  maxDollarsPerHour?: number | undefined;
  /**
   * Which of the WebSocket subprotocols that a client offers the handler returns as `Sec-WebSocket-Protocol`: the first, the
   * first of this list that the client offers, or what a function returns. Default `"first"`. A subprotocol that
   * `authorize` returns wins. If a client offers some and none is chosen, browsers and `ws` end the connection. If a
   * function throws, or chooses one that was not offered, the handshake fails with 500 and the log has the reason.
   *
   * @example
   * ```ts
   * createWebsocketHandler({ config, authorize, subprotocol: ["chat.v2", "chat.v1"] });
   * ```
   */
  subprotocol?: SubprotocolOption | undefined;
}

const rules: RulesFor<WebsocketHandlerOptions> = {
  config: checkedLater,
  authorize: {
    expected: 'a function that decides who may connect and subscribe, or "everybody"',
    accepts: (value) => value === EVERYBODY || callable.accepts(value),
    required: true,
  },
  authorizeTimeoutMs: wholeNumber(1, 25_000),
  maxSubscriptions: wholeNumber(1, 10_000),
  maxMessagesPerSecond: wholeNumber(1, 10_000),
  maxDollarsPerHour: numberBetween(0.001, 1_000),
  subprotocol: subprotocolRule,
};

type WebsocketSettings = FrameSettings & ConnectSettings;

/**
 * Creates the Lambda handler for the routes `$connect`, `$disconnect` and `$default` of a WebSocket API. The handler
 * implements docs/protocol.md and removes a connection's subscriptions when it disconnects. Throws `INVALID_ARGUMENT`.
 *
 * @example
 * ```ts
 * import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
 *
 * export const handler = createWebsocketHandler({
 *   config: { dynamodbTableName, fanoutQueueUrl },
 *   authorize: ({ action, topicId }) => action === "CONNECT" || topicId === "news",
 * });
 * ```
 */
export function createWebsocketHandler(
  options: WebsocketHandlerOptions,
): (event: WebsocketEvent, context?: LambdaContext) => Promise<WebsocketResult> {
  checkOptions("createWebsocketHandler", options, rules);
  const telemetry = createHandlerTelemetry(resolveConfig(options.config).logDeliveries);
  const pubsub = createPubsub(options.config, telemetry.observe);
  const settings = frameSettings(options, pubsub);
  return async (event, context) => {
    telemetry.begin(context);
    try {
      return await handleWebsocketEvent(pubsub, settings, event, context);
    } finally {
      telemetry.end();
    }
  };
}

/** Fills in the defaults. */
export function frameSettings(
  options: WebsocketHandlerOptions,
  { ports }: Pick<Pubsub, "ports">,
): WebsocketSettings {
  const {
    authorize,
    authorizeTimeoutMs = AUTHORIZE_MS_MAX_DEFAULT,
    maxSubscriptions = SUBSCRIPTIONS_MAX_DEFAULT,
    maxMessagesPerSecond = MESSAGES_PER_SECOND_MAX_DEFAULT,
    maxDollarsPerHour = DOLLARS_PER_HOUR_MAX_DEFAULT,
    subprotocol = "first",
  } = options;
  return {
    gate: { authorize, timeoutMs: authorizeTimeoutMs, observe: ports.observe, now: ports.clock.now },
    maxSubscriptions,
    brake: createBrake(ports, {
      maxDollarsPerHour,
      frameRate: createFrameRate(maxMessagesPerSecond, ports.clock),
    }),
    subprotocol,
  };
}

/**
 * Handles one event over any ports. An event that only keeps the function warm does nothing. Throws `INVALID_ARGUMENT` for
 * any other event that is not a WebSocket API's.
 */
export async function handleWebsocketEvent(
  pubsub: Pubsub,
  settings: WebsocketSettings,
  event: WebsocketEvent,
  context?: LambdaContext,
): Promise<WebsocketResult> {
  const source = warmUpSource(event);
  if (source !== undefined) {
    pubsub.ports.observe({ event: "warm-up", source });
    return { statusCode: 200 };
  }
  const consumer = extractConsumerFromApiGatewayEvent({ event });
  const { eventType } = event.requestContext;
  if (eventType !== "DISCONNECT" && !isRoutable(pubsub, consumer)) return { statusCode: 500 };
  if (eventType === "CONNECT") return connect(settings, consumer, event);
  if (eventType === "DISCONNECT") {
    await endConnection(pubsub.ports, consumer);
    return { statusCode: 200 };
  }
  const endsAtMs = pubsub.ports.clock.now() + remainingMs(context);
  return answerFrame(pubsub, { ...settings, consumer, event, endsAtMs });
}

/**
 * Whether anything can be posted to the connection. Without this check, a client at a custom domain that the config does
 * not name would be connected, and would receive neither events nor errors.
 */
function isRoutable({ ports: { connections, observe } }: Pubsub, consumer: Consumer): boolean {
  try {
    assertRoutable(connections, consumer);
    return true;
  } catch (error) {
    observe({ event: "background-failure", stage: "route-connection", error });
    return false;
  }
}

/** Infinity for a caller that is not Lambda, such as a test, and has no such method. */
function remainingMs(context: Partial<LambdaContext> | undefined): number {
  return context?.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY;
}
