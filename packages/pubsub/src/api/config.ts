import { checkOptions } from "../core/options/check-options.ts";
import {
  checkedLater,
  flag,
  httpUrl,
  type RulesFor,
  text,
  wholeNumber,
} from "../core/options/option-rules.ts";

/** Ours: a day. */
const EVENT_RETENTION_SECONDS_DEFAULT = 86_400;

/** Ours: from one second to a year. */
const EVENT_RETENTION_SECONDS_MAX = 31_536_000;

export interface PubsubConfig {
  /** The table; see `lambda-websocket-pubsub/schema` for its keys. */
  dynamodbTableName: string;
  /**
   * URL of the fan-out queue. Without it `publishToTopic` fans out in process, with the same code, and resolves
   * when that is done: right for a script or a small topic, not for a request that somebody waits for.
   */
  fanoutQueueUrl?: string | undefined;
  /**
   * Where connections are posted to, stage included. Needed behind a custom domain, and locally. Without it:
   * `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI` (or `AWS_ENDPOINT_URL`) if set, or `https://{domainName}/{stage}`
   * of each connection.
   */
  managementEndpoint?: string | undefined;
  /** How long the log keeps events, 1 to 31,536,000 seconds. Default 86,400: a day. */
  eventRetentionSeconds?: number | undefined;
  /**
   * Whether subscriptions that the old package of this name wrote are posted to and cleaned up too. For the two hours
   * after an upgrade in which its connections live on; see docs/migrating.md. Default false: they are not read.
   */
  legacySubscriptions?: boolean | undefined;
}

export interface ResolvedConfig {
  dynamodbTableName: string;
  fanoutQueueUrl: string | undefined;
  managementEndpoint: string | undefined;
  eventRetentionSeconds: number;
  legacySubscriptions: boolean;
}

/** `type` is in every link of SST's, and a link may be passed as the configuration. */
const rules: RulesFor<PubsubConfig & { type: unknown }> = {
  dynamodbTableName: { ...text, expected: "the name of a table", required: true },
  fanoutQueueUrl: httpUrl,
  managementEndpoint: httpUrl,
  eventRetentionSeconds: {
    ...wholeNumber(1, EVENT_RETENTION_SECONDS_MAX),
    expected: `a whole number of seconds from 1 to ${EVENT_RETENTION_SECONDS_MAX}`,
  },
  legacySubscriptions: flag,
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
    legacySubscriptions = false,
  } = config;
  return {
    dynamodbTableName,
    eventRetentionSeconds,
    legacySubscriptions,
    fanoutQueueUrl,
    managementEndpoint,
  };
}
