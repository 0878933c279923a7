import type { PubsubConfig } from "lambda-websocket-pubsub";

/** Returns the library's config from the variables that stacks/environment.ts and the local stack set. */
export const pubsubConfig = (): PubsubConfig => ({
  dynamodbTableName: required("PUBSUB_TABLE_NAME"),
  fanoutQueueUrl: required("PUBSUB_QUEUE_URL"),
  managementEndpoint: required("PUBSUB_MANAGEMENT_ENDPOINT"),
  eventRetentionSeconds: number("PUBSUB_EVENT_RETENTION_SECONDS"),
  logDeliveries: process.env.PUBSUB_LOG_DELIVERIES,
  hotTopics: flag("PUBSUB_HOT_TOPICS"),
});

/** The same for functions that publish. */
export const publisherConfig = (): PubsubConfig => ({
  ...pubsubConfig(),
  inlineFanoutMax: number("PUBSUB_INLINE_FANOUT_MAX"),
});

/** Whether clients may be members of topics, and whether their heartbeats are marked. */
export const presenceOptions = (): { presence: boolean; markActivity: boolean } => ({
  presence: flag("PUBSUB_PRESENCE"),
  markActivity: flag("PUBSUB_MARK_ACTIVITY"),
});

/** Returns this worker's share of the account's request rate. The local stack sets none. */
export const maxPostsPerSecond = (): number | undefined => number("PUBSUB_MAX_POSTS_PER_SECOND");

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name}: expected a variable of the function's environment; it is not set`);
  return value;
}

/** What is no number fails the function's start, by the library's check of the option. */
function number(name: string): number | undefined {
  const value = process.env[name];
  return value === undefined ? undefined : Number(value);
}

function flag(name: string): boolean {
  const { [name]: value = "false" } = process.env;
  if (value === "true" || value === "false") return value === "true";
  throw new Error(`${name}: expected "true" or "false"; got "${value}"`);
}
