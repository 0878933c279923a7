import { checkOptions, invalid } from "../core/options/check-options.ts";
import {
  checkedLater,
  flag,
  httpUrl,
  oneOf,
  type RulesFor,
  text,
  wholeNumber,
} from "../core/options/option-rules.ts";
import type { LogDeliveries } from "../observe/log-deliveries.ts";
import { assertManagementEndpoint } from "./management-endpoint.ts";

/** Our own default: a day. */
const EVENT_RETENTION_SECONDS_DEFAULT = 86_400;

/** Our own limit: a year. */
const EVENT_RETENTION_SECONDS_MAX = 31_536_000;

/** Our own limit: as many posts as a publisher makes within its time budget on an account that is not busy. */
const INLINE_FANOUT_MAX = 100;

export interface PubsubConfig {
  /** The name of the table. `lambda-websocket-pubsub/schema` exports its keys. */
  dynamodbTableName: string;
  /**
   * The URL of the fan-out queue, which must be a standard queue. A FIFO queue (`.fifo`) cannot delay single messages,
   * as redeliveries need (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html).
   * Without a queue `publishToTopic` fans out in process, with the same code, and resolves after the fan-out. That suits
   * a script or a small topic, but not a request whose caller waits.
   */
  fanoutQueueUrl?: string | undefined;
  /**
   * The URL that posts go to: `https://{host}/{stage}`, or with a custom domain `https://{domain}/{mapping key}`. It is
   * needed with a custom domain and locally. Its path is sent as it is written, as the AWS SDK does, so it needs no
   * encoding and no slash at its end. If several APIs share the
   * table, an object with the URL of each API by `"{domainName}/{stage}"`, as its events name it. A connection of an API
   * that the object does not list is not posted to, and cannot subscribe. The default is
   * `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI` (or `AWS_ENDPOINT_URL`) if set, otherwise `https://{domainName}/{stage}` of
   * each connection whose domain is a host that AWS gives to APIs. No other host is posted to.
   *
   * @example
   * ```ts
   * managementEndpoint: {
   *   "chat.example.com/prod": "https://chat.example.com", // a custom domain: the path is its mapping's key
   *   "abc123.execute-api.us-east-1.amazonaws.com/admin":
   *     "https://abc123.execute-api.us-east-1.amazonaws.com/admin",
   * }
   * ```
   */
  managementEndpoint?: string | Record<string, string> | undefined;
  /** How long the log keeps events, 1 to 31,536,000 seconds. Default 86,400: a day. */
  eventRetentionSeconds?: number | undefined;
  /**
   * Whether the log stores data of more than 1 KB compressed, where that saves a fifth or more. Versions of this library
   * without this option cannot read such events (docs/operations.md). Default true.
   */
  compressEvents?: boolean | undefined;
  /**
   * The publisher itself posts to a topic of at most this many subscribers, 0 to 100, before `publishToTopic` resolves. That
   * takes no queue message and no worker. Whatever it cannot post within 2 s goes to the queue. Its role then needs more
   * permissions (docs/security.md). Default 0: every fan-out goes to the queue. Without a queue it has no effect.
   */
  inlineFanoutMax?: number | undefined;
  /**
   * Whether a topic with many subscribers grows over several keys of the index, so that more than 1,000 subscriptions a second
   * can be written to it (docs/scale.md). Every process that subscribes and every worker must have the same value, and they
   * must have a version with this option before it is set. The role of who subscribes then needs `dynamodb:UpdateItem`.
   * Default false.
   */
  hotTopics?: boolean | undefined;
  /**
   * Whether the fan-out also posts to the subscriptions that the old package of this name wrote, and cleans them up. Set
   * it for the two hours after an upgrade in which their connections still exist (docs/migrating.md). Default false.
   */
  legacySubscriptions?: boolean | undefined;
  /**
   * Of which publications log lines are written: of `"all"`, or of those where something other than delivery happened
   * (`"problems"`). With `"problems"` a Lambda environment writes its metrics once a minute, and at once only those of
   * problems. Default `"all"`. The type is `string`, because a link of SST has no literal types.
   */
  logDeliveries?: string | undefined;
}

export interface ResolvedConfig {
  dynamodbTableName: string;
  fanoutQueueUrl: string | undefined;
  managementEndpoint: string | Record<string, string> | undefined;
  eventRetentionSeconds: number;
  compressEvents: boolean;
  inlineFanoutMax: number;
  hotTopics: boolean;
  legacySubscriptions: boolean;
  logDeliveries: LogDeliveries;
}

const LOG_DELIVERIES = ["problems", "all"] as const satisfies readonly LogDeliveries[];

/** Every SST link has a `type`, and a link may be passed as the configuration. */
const rules: RulesFor<PubsubConfig & { type: unknown }> = {
  dynamodbTableName: { ...text, expected: "the name of a table", required: true },
  fanoutQueueUrl: httpUrl,
  managementEndpoint: checkedLater,
  eventRetentionSeconds: {
    ...wholeNumber(1, EVENT_RETENTION_SECONDS_MAX),
    expected: `a whole number of seconds from 1 to ${EVENT_RETENTION_SECONDS_MAX}`,
  },
  compressEvents: flag,
  inlineFanoutMax: wholeNumber(0, INLINE_FANOUT_MAX),
  hotTopics: flag,
  legacySubscriptions: flag,
  logDeliveries: oneOf(LOG_DELIVERIES),
  type: checkedLater,
};

/** Checks a configuration and fills in the defaults. Throws `INVALID_ARGUMENT`. */
export function resolveConfig(config: PubsubConfig): ResolvedConfig {
  checkOptions("the configuration", { config }, { config: { group: rules, required: true } });
  const {
    dynamodbTableName,
    fanoutQueueUrl,
    managementEndpoint,
    eventRetentionSeconds = EVENT_RETENTION_SECONDS_DEFAULT,
    compressEvents = true,
    inlineFanoutMax = 0,
    hotTopics = false,
    legacySubscriptions = false,
    logDeliveries = "all",
  } = config;
  if (fanoutQueueUrl !== undefined && isFifo(fanoutQueueUrl)) {
    const expected = "the URL of a standard queue, because a FIFO queue (.fifo) cannot delay single messages";
    throw invalid("config.fanoutQueueUrl", expected, fanoutQueueUrl);
  }
  assertManagementEndpoint(managementEndpoint);
  return {
    dynamodbTableName,
    eventRetentionSeconds,
    compressEvents,
    inlineFanoutMax,
    hotTopics,
    legacySubscriptions,
    fanoutQueueUrl,
    managementEndpoint,
    // The rule accepts no other text
    logDeliveries: logDeliveries as LogDeliveries,
  };
}

/**
 * The name of every FIFO queue ends in `.fifo`, and the name is the end of the queue's URL.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-fifo.html
 */
const isFifo = (queueUrl: string): boolean => /\.fifo\/*$/.test(new URL(queueUrl).pathname);
