import { type PublicationStatus, publicationStatus } from "../core/fanout/status.ts";
import { assertTopicId } from "../core/ids.ts";
import { checkedLater, flag } from "../core/options/option-rules.ts";
import type { PublishResult } from "../core/publish/publish.ts";
import { grantOf } from "../core/subscriptions/grant.ts";
import { subscribe, unsubscribe, unsubscribeFromAll } from "../core/subscriptions/subscribe.ts";
import { type Subscriber, subscribersOf } from "../core/subscriptions/subscribers.ts";
import type { Consumer, Format } from "../core/types.ts";
import {
  type CallRules,
  type Configured,
  type NamedPublication,
  namedPublication,
  pubsubFor,
} from "./call.ts";

/**
 * Subscribes a connection to a topic. The subscription ends when the connection unsubscribes or disconnects, when its
 * access is revoked, at `expiresAt`, and at the latest a little after the two hours that API Gateway keeps a connection.
 * Calling it twice is harmless. Returns the topic's current position: the connection receives all events that are
 * published after it.
 *
 * - `topicId` is 1 to 512 bytes of UTF-8 without control characters.
 * - With `format` `"data"` (the default) the connection receives the bare data, with `"event"` EVENTS messages with offsets.
 * - With `latest`, of events that are posted together (because they were published in quick succession, or because posts
 *   failed) the connection only receives the newest. That suits a price or a cursor, where each event replaces the one before.
 * - `userId`, of the same form as a topic, is whose connection it is, so that `revoke({ userId })` finds it, and
 *   `listSubscribers` yields it. Default: the user that `authorize` returned when it connected.
 * - `info` is what other members see of the user, any JSON value of at most 1,024 bytes as JSON text. Only with `userId`.
 * - `expiresAt` is a `Date`, or seconds since 1970.
 *
 * Throws `INVALID_TOPIC_ID`, `INVALID_ARGUMENT`, `STORAGE_FAILED`, `APPEND_CONTENDED`, and, without leaving a subscription,
 * `ACCESS_REVOKED` if access was revoked meanwhile or in the last 30 seconds, or if the time that `authorize` gave the connection
 * has passed, and `CONNECTION_ENDED`. `INVALID_ARGUMENT` also
 * for a connection at a custom domain without `config.managementEndpoint`, because nothing could be posted to it.
 *
 * @example
 * ```ts
 * import { extractConsumerFromApiGatewayEvent, subscribeToTopic } from "lambda-websocket-pubsub";
 *
 * const consumer = extractConsumerFromApiGatewayEvent({ event });
 * const { epoch, offset } = await subscribeToTopic({ consumer, topicId: "room-1", config });
 * ```
 */
export async function subscribeToTopic(
  request: Configured & {
    consumer: Consumer;
    topicId: string;
    format?: Format | undefined;
    latest?: boolean | undefined;
    userId?: string | undefined;
    info?: unknown;
    expiresAt?: Date | number | undefined;
  },
): Promise<{ topicId: string; epoch: string; offset: number }> {
  const { ports, logSettings } = pubsubFor("subscribeToTopic", request, rules.subscribeToTopic);
  const { consumer, topicId, format, latest } = request;
  const grant = grantOf(request, ports.clock.now());
  const subscription = { consumer, topicId, format, latest, grant, keepInfo: true };
  const { epoch, offset } = await subscribe(ports, subscription, logSettings);
  return { topicId, epoch, offset };
}

/**
 * Removes a subscription. It is harmless if there is no such subscription. Throws `INVALID_TOPIC_ID`,
 * `INVALID_ARGUMENT`, `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * await unsubscribeFromTopic({ consumer, topicId: "room-1", config });
 * ```
 */
export async function unsubscribeFromTopic(
  request: Configured & { consumer: Consumer; topicId: string },
): Promise<void> {
  await unsubscribe(pubsubFor("unsubscribeFromTopic", request, rules.unsubscribeFromTopic).ports, request);
}

/**
 * Removes all subscriptions of a connection, without a scan. Call it for `$disconnect`. Throws `INVALID_ARGUMENT`,
 * `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * await unsubscribeFromAllTopics({ consumer: extractConsumerFromApiGatewayEvent({ event }), config });
 * ```
 */
export async function unsubscribeFromAllTopics(request: Configured & { consumer: Consumer }): Promise<void> {
  await unsubscribeFromAll(
    pubsubFor("unsubscribeFromAllTopics", request, rules.unsubscribeFromAllTopics).ports,
    request.consumer,
  );
}

/**
 * Publishes data to all subscribers of a topic. Resolves after the event is durable in the topic's log and its fan-out
 * is queued (without a queue, or inline with `inlineFanoutMax`: after the fan-out is done). Rejects otherwise. Calling it
 * again with the same `publicationId` within the retention is safe: there is one event, and the result has its offset and
 * `duplicate: true`.
 *
 * A connection that cannot be reached does not make the call reject. `getPublicationStatus` counts it as `gone` or
 * `abandoned`, and the log says why.
 *
 * - `data` is any value that JSON can express. The message is at most 128 KB, envelope included (API Gateway's limit).
 *   A string is posted verbatim, a `Buffer` or `Uint8Array` as the UTF-8 text that it must contain, anything else as
 *   JSON.
 * - `publicationId` is 1 to 512 bytes of UTF-8 without control characters. Without it the call uses a random id, and a
 *   repeated call publishes again.
 * - `topicId` has the same limits.
 *
 * Throws `INVALID_TOPIC_ID`, `INVALID_PUBLICATION_ID`, `INVALID_DATA`, `PAYLOAD_TOO_LARGE`, `INVALID_ARGUMENT`. Throws
 * `STORAGE_FAILED`, `APPEND_CONTENDED` and `FANOUT_NOT_QUEUED`, which are worth a retry if the error is `retryable`.
 *
 * @example
 * ```ts
 * import { publishToTopic } from "lambda-websocket-pubsub";
 *
 * const { offset } = await publishToTopic({ topicId: "room-1", data: { text: "hello" }, config });
 * ```
 */
export async function publishToTopic(
  request: Configured & { topicId: string; data: unknown; publicationId?: string | undefined },
): Promise<PublishResult> {
  const { publish } = pubsubFor("publishToTopic", request, rules.publishToTopic);
  const { topicId, data, publicationId } = request;
  return publish({ topicId, data, publicationId });
}

/**
 * Yields the connections that are subscribed to a topic, as the index lists them, with `userId` if it is known. The index lags writes, usually by less
 * than a second. Holds one page at a time. Throws `INVALID_TOPIC_ID`, `INVALID_ARGUMENT`, `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * for await (const { connectionId } of listSubscribers({ topicId: "room-1", config })) console.log(connectionId);
 * ```
 */
export async function* listSubscribers(
  request: Configured & { topicId: string },
): AsyncGenerator<Subscriber> {
  yield* subscribersOf(pubsubFor("listSubscribers", request, rules.listSubscribers).ports, request.topicId);
}

/**
 * Counts the connections that `listSubscribers` yields. DynamoDB reads as much for it, but sends nothing of what it reads.
 * Throws `INVALID_TOPIC_ID`,
 * `INVALID_ARGUMENT`, `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * const audience = await countSubscribers({ topicId: "room-1", config });
 * ```
 */
export async function countSubscribers(request: Configured & { topicId: string }): Promise<number> {
  const { ports } = pubsubFor("countSubscribers", request, rules.countSubscribers);
  assertTopicId(request.topicId);
  return ports.subscriptions.count(request.topicId);
}

/**
 * Returns what happened to a publication: its state, and how many consumers received it. It adds up the fan-out
 * ledger, which is kept as long as the event. Throws `PUBLICATION_NOT_FOUND`, `INVALID_TOPIC_ID`, `INVALID_ARGUMENT`,
 * `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * const published = await publishToTopic({ topicId: "room-1", data, config });
 * const { state, delivered, abandoned } = await getPublicationStatus({ ...published, config });
 * ```
 */
export async function getPublicationStatus(request: NamedPublication): Promise<PublicationStatus> {
  const { ports } = pubsubFor("getPublicationStatus", request, rules.getPublicationStatus);
  const { topicId, epoch, offset } = request;
  assertTopicId(topicId);
  return publicationStatus(ports, { topicId, epoch, offset });
}

/** The options of each call. Unknown ones are rejected: a misspelt `publicationId` would silently lose idempotency. */
const rules: CallRules<{
  subscribeToTopic: typeof subscribeToTopic;
  unsubscribeFromTopic: typeof unsubscribeFromTopic;
  unsubscribeFromAllTopics: typeof unsubscribeFromAllTopics;
  publishToTopic: typeof publishToTopic;
  listSubscribers: typeof listSubscribers;
  countSubscribers: typeof countSubscribers;
  getPublicationStatus: typeof getPublicationStatus;
}> = {
  subscribeToTopic: {
    consumer: checkedLater,
    topicId: checkedLater,
    format: checkedLater,
    latest: flag,
    userId: checkedLater,
    info: checkedLater,
    expiresAt: checkedLater,
    config: checkedLater,
  },
  unsubscribeFromTopic: { consumer: checkedLater, topicId: checkedLater, config: checkedLater },
  unsubscribeFromAllTopics: { consumer: checkedLater, config: checkedLater },
  publishToTopic: {
    topicId: checkedLater,
    data: checkedLater,
    publicationId: checkedLater,
    config: checkedLater,
  },
  listSubscribers: { topicId: checkedLater, config: checkedLater },
  countSubscribers: { topicId: checkedLater, config: checkedLater },
  getPublicationStatus: namedPublication,
};
