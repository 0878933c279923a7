import { type PubsubConfig, resolveConfig } from "../api/config.ts";
import { createPubsub, type Pubsub } from "../api/create-pubsub.ts";
import { extractConsumerFromApiGatewayEvent } from "../core/consumer.ts";
import { checkOptions, invalid } from "../core/options/check-options.ts";
import {
  callable,
  checkedLater,
  flag,
  numberBetween,
  type RulesFor,
  wholeNumber,
} from "../core/options/option-rules.ts";
import { CLIENT_ACTIONS, type ClientAction } from "../core/protocol.ts";
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
import { userTopicsRule } from "./user-topics.ts";
import type { Validate } from "./validate.ts";
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
   * Who may connect, subscribe and publish: a hook, which is called before every connection, subscription and publication,
   * or `"everybody"`, which lets every client read every topic, and nobody publish. See docs/security.md.
   */
  authorize: Authorize | "everybody";
  /**
   * Whether the data of a PUBLISH is what the topic's subscribers expect: a hook, which is called after `authorize` allowed
   * the publication and before anything is written. Default: every JSON value is accepted.
   *
   * @example
   * ```ts
   * createWebsocketHandler({
   *   config,
   *   authorize,
   *   validate: ({ data }) => (typeof data === "string" && data.length <= 500 ? true : "a text of at most 500 characters"),
   * });
   * ```
   */
  validate?: Validate | undefined;
  /**
   * Which actions of clients this function handles, at least one. Default: all. Any other gets `INVALID_FRAME`. With it, two
   * functions on two routes of the API can have different permissions.
   */
  actions?: readonly ClientAction[] | undefined;
  /**
   * How long `authorize`, and then `validate`, may take before the request counts as undecided: 1 to 25,000 ms. Default
   * 5,000. The request is then not allowed, and the client may try again.
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
   * Whether a client may be a member of topics: a SUBSCRIBE with `presence` makes its user known to the other members, and
   * them to it. It needs users, which `authorize` returns, and `config.fanoutQueueUrl`. docs/presence.md says what it costs.
   * Default false: such a SUBSCRIBE gets `FORBIDDEN`.
   */
  presence?: boolean | undefined;
  /**
   * Whether each heartbeat writes when a member's connection was last heard of, so that `listMembers` can leave out those
   * that went silent. It costs two write units for each topic and heartbeat. Needs `presence`. Default false.
   */
  markActivity?: boolean | undefined;
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
  /**
   * Whether connections get what `publishToUser` sends to their user, and how: with `"data"` or `"event"` each connection
   * that `authorize` returned a `userId` for is subscribed to its user's topic in this format when it connects. A client that
   * needs a position, such as ours, sends a SUBSCRIBE with `user: true` besides. Default `"off"`.
   */
  userTopics?: "off" | "data" | "event" | undefined;
}

const rules: RulesFor<WebsocketHandlerOptions> = {
  config: checkedLater,
  authorize: {
    expected: 'a function that decides who may connect, subscribe and publish, or "everybody"',
    accepts: (value) => value === EVERYBODY || callable.accepts(value),
    required: true,
  },
  validate: callable,
  actions: {
    expected: `an array of at least one of ${CLIENT_ACTIONS.join(", ")}`,
    accepts: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((each) => CLIENT_ACTIONS.includes(each)),
  },
  authorizeTimeoutMs: wholeNumber(1, 25_000),
  maxSubscriptions: wholeNumber(1, 10_000),
  maxMessagesPerSecond: wholeNumber(1, 10_000),
  maxDollarsPerHour: numberBetween(0.001, 1_000),
  presence: flag,
  markActivity: flag,
  subprotocol: subprotocolRule,
  userTopics: userTopicsRule,
};

type WebsocketSettings = FrameSettings & ConnectSettings;

/**
 * Creates the Lambda handler for the routes `$connect`, `$disconnect` and `$default` of a WebSocket API, or for a route of
 * its own for some actions. The handler implements docs/protocol.md and removes a connection's subscriptions when it
 * disconnects. Throws `INVALID_ARGUMENT`.
 *
 * @example
 * ```ts
 * import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
 *
 * export const handler = createWebsocketHandler({
 *   config: { dynamodbTableName, fanoutQueueUrl },
 *   authorize: ({ action, topicId }) => action === "CONNECT" || (action === "SUBSCRIBE" && topicId === "news"),
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
  { ports, config }: Pick<Pubsub, "ports" | "config">,
): WebsocketSettings {
  const {
    authorize,
    validate,
    actions = CLIENT_ACTIONS,
    authorizeTimeoutMs = AUTHORIZE_MS_MAX_DEFAULT,
    maxSubscriptions = SUBSCRIPTIONS_MAX_DEFAULT,
    maxMessagesPerSecond = MESSAGES_PER_SECOND_MAX_DEFAULT,
    maxDollarsPerHour = DOLLARS_PER_HOUR_MAX_DEFAULT,
    presence = false,
    markActivity = false,
    subprotocol = "first",
    userTopics = "off",
  } = options;
  if (presence && config.fanoutQueueUrl === undefined) {
    throw invalid("config.fanoutQueueUrl", "the URL of the fan-out queue, which presence needs", undefined);
  }
  if (markActivity && !presence) throw invalid("markActivity", "set only with presence", markActivity);
  return {
    gate: { authorize, timeoutMs: authorizeTimeoutMs, observe: ports.observe, now: ports.clock.now },
    validate,
    actions,
    maxSubscriptions,
    presence,
    markActivity,
    brake: createBrake(ports, {
      maxDollarsPerHour,
      frameRate: createFrameRate(maxMessagesPerSecond, ports.clock),
    }),
    subprotocol,
    userTopics,
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
  if (eventType === "CONNECT") return connect(pubsub.ports, settings, consumer, event);
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
