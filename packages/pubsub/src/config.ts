import { describeValue, PubsubError } from "./errors.ts";
import { EVENT_RETENTION_SECONDS_DEFAULT, EVENT_RETENTION_SECONDS_MAX } from "./limits.ts";

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

const KNOWN = [
  "dynamodbTableName",
  "fanoutQueueUrl",
  "managementEndpoint",
  "eventRetentionSeconds",
  "legacySubscriptions",
];
/** SST puts its component's name into every link, and a link may be passed as the configuration. */
const SST_LINK_TYPE = "type";

/** Checks a configuration and fills in the defaults. Throws `INVALID_ARGUMENT`. */
export function resolveConfig(config: PubsubConfig): ResolvedConfig {
  assertObject("config", config);
  for (const key of Object.keys(config)) {
    if (!KNOWN.includes(key) && key !== SST_LINK_TYPE) {
      throw new PubsubError(
        "INVALID_ARGUMENT",
        `config.${key} is not an option; the options are ${KNOWN.join(", ")}`,
      );
    }
  }
  const { dynamodbTableName, eventRetentionSeconds = EVENT_RETENTION_SECONDS_DEFAULT } = config;
  if (typeof dynamodbTableName !== "string" || dynamodbTableName === "") {
    throw invalid("config.dynamodbTableName", "the name of a table", dynamodbTableName);
  }
  const lifetimeFits = Number.isInteger(eventRetentionSeconds) && eventRetentionSeconds >= 1;
  if (!lifetimeFits || eventRetentionSeconds > EVENT_RETENTION_SECONDS_MAX) {
    const range = `a whole number of seconds from 1 to ${EVENT_RETENTION_SECONDS_MAX}`;
    throw invalid("config.eventRetentionSeconds", range, eventRetentionSeconds);
  }
  const { legacySubscriptions = false } = config;
  if (typeof legacySubscriptions !== "boolean") {
    throw invalid("config.legacySubscriptions", "true or false", legacySubscriptions);
  }
  return {
    dynamodbTableName,
    eventRetentionSeconds,
    legacySubscriptions,
    fanoutQueueUrl: httpUrl("config.fanoutQueueUrl", config.fanoutQueueUrl),
    managementEndpoint: httpUrl("config.managementEndpoint", config.managementEndpoint),
  };
}

function httpUrl(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") throw invalid(name, "an http(s) URL", value);
  return value;
}

export function assertObject(name: string, value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null) throw invalid(name, "an object", value);
}

export function invalid(name: string, expected: string, actual: unknown): PubsubError {
  return new PubsubError("INVALID_ARGUMENT", `${name} must be ${expected}; got ${describeValue(actual)}`);
}
