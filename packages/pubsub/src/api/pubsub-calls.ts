import { type PublicationStatus, publicationStatus } from "../core/fanout/status.ts";
import { assertTopicId } from "../core/ids.ts";
import { isEpoch } from "../core/log/epoch.ts";
import { readEvents } from "../core/log/read.ts";
import { checkOptions } from "../core/options/check-options.ts";
import { checkedLater, type OptionRule, type RulesFor, wholeNumber } from "../core/options/option-rules.ts";
import type { PublishResult } from "../core/publish/publish.ts";
import { subscribe, unsubscribe, unsubscribeFromAll } from "../core/subscriptions/subscribe.ts";
import { subscribersOf } from "../core/subscriptions/subscribers.ts";
import type { Consumer, Format, Publication, TopicEvent } from "../core/types.ts";
import type { PubsubConfig } from "./config.ts";
import { type Pubsub, pubsubOf } from "./create-pubsub.ts";

interface Configured {
  config: PubsubConfig;
}

/**
 * Subscribes a connection to a topic, until it unsubscribes, disconnects, or a little after the two hours that
 * API Gateway can keep it. Again is harmless. Answers where the topic's log stands: the connection is posted
 * whatever is published behind that position.
 *
 * A topic id is 1 to 512 bytes of UTF-8 without control characters.
 *
 * `format` `"data"` (the default) has the bare data posted; `"event"` has EVENTS frames posted, with offsets.
 *
 * Throws `INVALID_TOPIC_ID`, `INVALID_ARGUMENT`, `STORAGE_FAILED`, `APPEND_CONTENDED`.
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
  request: Configured & { consumer: Consumer; topicId: string; format?: Format | undefined },
): Promise<{ topicId: string; epoch: string; offset: number }> {
  const { ports, logSettings } = pubsubFor("subscribeToTopic", request, rules.subscribeToTopic);
  return subscribe(ports, request, logSettings);
}

/**
 * Ends a subscription; harmless if there is none. Throws `INVALID_TOPIC_ID`, `INVALID_ARGUMENT`,
 * `STORAGE_FAILED`.
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
 * Ends all subscriptions of a connection, without a scan; for `$disconnect`. Throws `INVALID_ARGUMENT`,
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
 * Publishes to everybody who is subscribed to the topic. Resolves once the event is durable in the topic's log
 * and its fan-out is queued (without a queue: once it is done). Rejects otherwise; calling again with the same
 * `publicationId`, within the retention, is safe: one event, the same offset, `duplicate: true`.
 *
 * A connection that can't be reached does not make it reject: `getPublicationStatus` counts it as `gone` or
 * `abandoned`, and the log says why.
 *
 * `data` is anything that JSON can say, at most 128 KB as sent, envelope included (API Gateway's limit). A
 * string is posted verbatim, a `Buffer` or `Uint8Array` as the UTF-8 text that it must be, anything else as JSON. `publicationId` is 1 to 512 bytes; without one, a random
 * one is made up, and a repeated call publishes again. A topic id is 1 to 512 bytes; neither may have control
 * characters.
 *
 * Throws `INVALID_TOPIC_ID`, `INVALID_PUBLICATION_ID`, `INVALID_DATA`, `PAYLOAD_TOO_LARGE`, `INVALID_ARGUMENT`;
 * and, worth retrying where `retryable`, `STORAGE_FAILED`, `APPEND_CONTENDED`, `FANOUT_NOT_QUEUED`.
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
 * The events of a topic that the log still keeps, ascending from the one after offset `after` (default 0), at
 * most `limit` (default all). `epoch` is by default the current one. Strongly consistent; pages as it goes.
 *
 * Throws `INVALID_TOPIC_ID`, `INVALID_ARGUMENT`, `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * for await (const { offset, data } of readTopicEvents({ topicId: "room-1", after: 41, config })) {
 *   console.log(offset, data);
 * }
 * ```
 */
export async function* readTopicEvents(
  request: Configured & {
    topicId: string;
    epoch?: string | undefined;
    after?: number | undefined;
    limit?: number | undefined;
  },
): AsyncGenerator<TopicEvent> {
  const { ports } = pubsubFor("readTopicEvents", request, rules.readTopicEvents);
  const { topicId, epoch, after, limit } = request;
  assertTopicId(topicId);
  if (limit === 0) return;
  yield* readEvents(ports, { topicId, epoch, after, limit });
}

/**
 * The connections subscribed to a topic, as far as the index knows: it lags writes, usually by less than a
 * second. One page is held at a time. Throws `INVALID_TOPIC_ID`, `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * for await (const { connectionId } of listSubscribers({ topicId: "room-1", config })) console.log(connectionId);
 * ```
 */
export async function* listSubscribers(request: Configured & { topicId: string }): AsyncGenerator<Consumer> {
  yield* subscribersOf(pubsubFor("listSubscribers", request, rules.listSubscribers).ports, request.topicId);
}

/**
 * How many connections `listSubscribers` would yield; costs as much as that. Throws `INVALID_TOPIC_ID`,
 * `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * const audience = await countSubscribers({ topicId: "room-1", config });
 * ```
 */
export async function countSubscribers(request: Configured & { topicId: string }): Promise<number> {
  let count = 0;
  const { ports } = pubsubFor("countSubscribers", request, rules.countSubscribers);
  for await (const _ of subscribersOf(ports, request.topicId)) count += 1;
  return count;
}

/**
 * What became of a publication: a fold over its fan-out ledger, kept as long as the event. Throws
 * `PUBLICATION_NOT_FOUND`, `INVALID_TOPIC_ID`, `INVALID_ARGUMENT`, `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * const published = await publishToTopic({ topicId: "room-1", data, config });
 * const { state, delivered, abandoned } = await getPublicationStatus({ ...published, config });
 * ```
 */
export async function getPublicationStatus(
  request: Configured & Publication & Partial<Pick<PublishResult, "publicationId" | "duplicate">>,
): Promise<PublicationStatus> {
  const { ports } = pubsubFor("getPublicationStatus", request, rules.getPublicationStatus);
  const { topicId, epoch, offset } = request;
  assertTopicId(topicId);
  return publicationStatus(ports, { topicId, epoch, offset });
}

function pubsubFor<Request extends Configured>(
  caller: string,
  request: Request,
  callRules: RulesFor<Request>,
): Pubsub {
  checkOptions(caller, request, callRules);
  return pubsubOf(request.config);
}

type Call = (request: never) => unknown;
type CallRules<Calls extends Record<string, Call>> = {
  [Name in keyof Calls]: RulesFor<Parameters<Calls[Name]>[0]>;
};

const epoch: OptionRule = {
  expected: "an epoch as a position has it, 9 characters of base 36",
  accepts: isEpoch,
};

/** What each call takes: a misspelt `publicationId` would lose idempotency in silence. */
const rules: CallRules<{
  subscribeToTopic: typeof subscribeToTopic;
  unsubscribeFromTopic: typeof unsubscribeFromTopic;
  unsubscribeFromAllTopics: typeof unsubscribeFromAllTopics;
  publishToTopic: typeof publishToTopic;
  readTopicEvents: typeof readTopicEvents;
  listSubscribers: typeof listSubscribers;
  countSubscribers: typeof countSubscribers;
  getPublicationStatus: typeof getPublicationStatus;
}> = {
  subscribeToTopic: {
    consumer: checkedLater,
    topicId: checkedLater,
    format: checkedLater,
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
  readTopicEvents: {
    topicId: checkedLater,
    epoch,
    after: wholeNumber(0),
    limit: wholeNumber(0),
    config: checkedLater,
  },
  listSubscribers: { topicId: checkedLater, config: checkedLater },
  countSubscribers: { topicId: checkedLater, config: checkedLater },
  getPublicationStatus: {
    topicId: checkedLater,
    epoch: { ...epoch, required: true },
    offset: { ...wholeNumber(1), required: true },
    // These two come with the result of a publish
    publicationId: checkedLater,
    duplicate: checkedLater,
    config: checkedLater,
  },
};
