import { PubsubError } from "../core/errors.ts";
import { checkOptionGroup } from "../core/options/check-options.ts";
import { checkedLater, type OptionRule, type RulesFor } from "../core/options/option-rules.ts";
import type { FailedPublication, PublishResult } from "../core/publish/publish.ts";
import { type Configured, pubsubFor } from "./call.ts";

/**
 * Our own limit: with it, the events of a call are at most 13 MB in memory, and their messages ten requests to SQS, each of
 * at most ten messages.
 */
const PUBLICATIONS_MAX = 100;

/** One publication of a call. Its fields are those of `publishToTopic`. */
export interface NewPublication {
  topicId: string;
  data: unknown;
  publicationId?: string | undefined;
}

/**
 * Publishes up to 100 events, to one or several topics. Each of them is what `publishToTopic` would have published alone, but
 * the topics are appended to at the same time, the queue messages of up to ten topics travel in one request, and events of
 * the same topic share one append and one message. They keep their order, and get consecutive offsets unless another publisher
 * comes in between.
 *
 * **Not atomic**: some of the publications may be published while others fail. The call resolves to one result for each, in
 * their order: that of `publishToTopic`, or `{ topicId, error }`. A failed one can be repeated with the same `publicationId`
 * if its `error` is `retryable`. If a request to the queue failed, all topics in it fail with `FANOUT_NOT_QUEUED`, although
 * some of their messages may have been queued: to repeat them with the same `publicationId` is safe.
 *
 * The call rejects, before anything is written, if one of the publications is invalid: with `INVALID_TOPIC_ID`,
 * `INVALID_PUBLICATION_ID`, `INVALID_DATA`, `PAYLOAD_TOO_LARGE` or `INVALID_ARGUMENT`. The message says which one it is.
 *
 * @example
 * ```ts
 * import { publishToTopics } from "lambda-websocket-pubsub";
 *
 * const results = await publishToTopics({
 *   publications: [
 *     { topicId: "room-1", data: { text: "hello" }, publicationId: "message-7" },
 *     { topicId: "user-42", data: { unread: 1 }, publicationId: "message-7" },
 *   ],
 *   config,
 * });
 * for (const result of results) if ("error" in result) console.error(result.topicId, result.error.code);
 * ```
 */
export async function publishToTopics(
  request: Configured & { publications: readonly NewPublication[] },
): Promise<(PublishResult | FailedPublication)[]> {
  const { publishAll } = pubsubFor("publishToTopics", request, {
    publications: listOfPublications,
    config: checkedLater,
  });
  const { publications } = request;
  publications.forEach((publication, index) => {
    const name = `publications[${index}]`;
    checkOptionGroup(name, publication, rules, (message) => new PubsubError("INVALID_ARGUMENT", message));
  });
  return publishAll(
    publications.map(({ topicId, data, publicationId }) => ({ topicId, data, publicationId })),
  );
}

const listOfPublications: OptionRule = {
  expected: `an array of at most ${PUBLICATIONS_MAX}`,
  accepts: (value) => Array.isArray(value) && value.length <= PUBLICATIONS_MAX,
  required: true,
};

const rules: RulesFor<NewPublication> = {
  topicId: checkedLater,
  data: checkedLater,
  publicationId: checkedLater,
};
