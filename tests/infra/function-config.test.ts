/** What functions/config.ts makes of the variables that stacks/environment.ts sets. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { maxPostsPerSecond, presenceOptions, publisherConfig, pubsubConfig } from "../../functions/config.ts";

const ADDRESSES = {
  PUBSUB_TABLE_NAME: "table",
  PUBSUB_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/000000000000/fanout",
  PUBSUB_MANAGEMENT_ENDPOINT: "https://api.execute-api.us-east-1.amazonaws.com/$default",
};

const set = (variables: Record<string, string>): void => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
};

beforeEach(() => set(ADDRESSES));
afterEach(() => void vi.unstubAllEnvs());

it("takes the addresses, and leaves to the library's defaults what no variable sets", () => {
  expect(publisherConfig()).toEqual({
    dynamodbTableName: ADDRESSES.PUBSUB_TABLE_NAME,
    fanoutQueueUrl: ADDRESSES.PUBSUB_QUEUE_URL,
    managementEndpoint: ADDRESSES.PUBSUB_MANAGEMENT_ENDPOINT,
    hotTopics: false,
  });
  expect(presenceOptions()).toEqual({ presence: false, markActivity: false });
  expect(maxPostsPerSecond()).toBeUndefined();
});

it("takes the settings of a stage", () => {
  set({
    PUBSUB_EVENT_RETENTION_SECONDS: "86400",
    PUBSUB_LOG_DELIVERIES: "problems",
    PUBSUB_MAX_POSTS_PER_SECOND: "350",
    PUBSUB_PRESENCE: "true",
    PUBSUB_MARK_ACTIVITY: "false",
    PUBSUB_HOT_TOPICS: "true",
    PUBSUB_INLINE_FANOUT_MAX: "25",
  });
  const settings = { eventRetentionSeconds: 86_400, logDeliveries: "problems", hotTopics: true };
  expect(pubsubConfig()).toMatchObject(settings);
  expect(pubsubConfig()).not.toHaveProperty("inlineFanoutMax");
  expect(publisherConfig()).toMatchObject({ ...settings, inlineFanoutMax: 25 });
  expect(presenceOptions()).toEqual({ presence: true, markActivity: false });
  expect(maxPostsPerSecond()).toBe(350);
});

it.each(Object.keys(ADDRESSES))("refuses to start without %s, and names it", (name) => {
  vi.stubEnv(name, undefined);
  expect(pubsubConfig).toThrow(`${name}: expected a variable of the function's environment; it is not set`);
});

it("refuses a flag that is neither true nor false", () => {
  vi.stubEnv("PUBSUB_HOT_TOPICS", "yes");
  expect(pubsubConfig).toThrow(`PUBSUB_HOT_TOPICS: expected "true" or "false"; got "yes"`);
});
