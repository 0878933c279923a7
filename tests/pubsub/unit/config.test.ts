import { expect, it } from "vitest";
import { type PubsubConfig, resolveConfig } from "../../../packages/pubsub/src/api/config.ts";

it("fills in the defaults", () => {
  expect(resolveConfig({ dynamodbTableName: "table" })).toEqual({
    dynamodbTableName: "table",
    eventRetentionSeconds: 86_400,
    fanoutQueueUrl: undefined,
    managementEndpoint: undefined,
    compressEvents: true,
    inlineFanoutMax: 0,
    hotTopics: false,
    legacySubscriptions: false,
    logDeliveries: "all",
  });
});

it("keeps the given values", () => {
  const config = {
    dynamodbTableName: "table",
    fanoutQueueUrl: "https://sqs.eu-west-1.amazonaws.com/123/queue",
    managementEndpoint: "http://127.0.0.1:3001/$default",
    eventRetentionSeconds: 1,
    compressEvents: false,
    inlineFanoutMax: 100,
    hotTopics: true,
    legacySubscriptions: true,
    logDeliveries: "problems",
  };
  expect(resolveConfig(config)).toEqual(config);
});

it("keeps an endpoint for each API", () => {
  const managementEndpoint = {
    "ws.example.com/$default": "https://ws.example.com",
    "127.0.0.1:3001/prod": "http://127.0.0.1:3001/prod",
  };
  expect(resolveConfig({ dynamodbTableName: "table", managementEndpoint })).toMatchObject({
    managementEndpoint,
  });
});

it("accepts the longest retention and an SST link, which has a type", () => {
  const link = {
    type: "lambda-websocket-pubsub:Config",
    dynamodbTableName: "table",
    eventRetentionSeconds: 31_536_000,
  };
  const { type: _, ...config } = link;
  expect(resolveConfig(link)).toEqual({
    ...config,
    fanoutQueueUrl: undefined,
    managementEndpoint: undefined,
    compressEvents: true,
    inlineFanoutMax: 0,
    hotTopics: false,
    legacySubscriptions: false,
    logDeliveries: "all",
  });
});

it.each<[string, unknown, string]>([
  [
    "a URL that is an object, which no AWS client takes",
    { dynamodbTableName: "t", fanoutQueueUrl: new URL("https://sqs.example.com/1/q") },
    "config.fanoutQueueUrl must be an http(s) URL; got a value of type object",
  ],
  ["no object", undefined, "config must be an object; got undefined"],
  ["null", null, "config must be an object; got null"],
  [
    "an unknown option",
    { dynamodbTableName: "t", tableName: "t" },
    "config has no option tableName; it has dynamodbTableName, fanoutQueueUrl, managementEndpoint, eventRetentionSeconds, compressEvents, inlineFanoutMax, hotTopics, legacySubscriptions, logDeliveries",
  ],
  ["no table", {}, "config.dynamodbTableName must be the name of a table; got undefined"],
  [
    "an empty table",
    { dynamodbTableName: "" },
    'config.dynamodbTableName must be the name of a table; got "" (string of 0)',
  ],
  [
    "a table of another type",
    { dynamodbTableName: 7 },
    "config.dynamodbTableName must be the name of a table; got 7 (number)",
  ],
  [
    "a queue that is not a URL",
    { dynamodbTableName: "t", fanoutQueueUrl: "my-queue" },
    'config.fanoutQueueUrl must be an http(s) URL; got "my-queue" (string of 8)',
  ],
  [
    "a queue of another scheme",
    { dynamodbTableName: "t", fanoutQueueUrl: "ftp://host/queue" },
    'config.fanoutQueueUrl must be an http(s) URL; got "ftp://host/queue" (string of 16)',
  ],
  [
    "a queue that is null",
    { dynamodbTableName: "t", fanoutQueueUrl: null },
    "config.fanoutQueueUrl must be an http(s) URL; got null",
  ],
  [
    "a FIFO queue",
    { dynamodbTableName: "t", fanoutQueueUrl: "https://sqs.eu-west-1.amazonaws.com/111122223333/q.fifo" },
    "config.fanoutQueueUrl must be the URL of a standard queue, because a FIFO queue (.fifo) cannot delay single " +
      'messages; got "https://sqs.eu-west-1.amazonaws.com/111122223333/q.fifo" (string of',
  ],
  [
    "an endpoint without a scheme",
    { dynamodbTableName: "t", managementEndpoint: "abc.execute-api.eu-west-1.amazonaws.com/prod" },
    "config.managementEndpoint must be an http(s) URL; got",
  ],
  [
    "an endpoint of another type",
    { dynamodbTableName: "t", managementEndpoint: ["https://a.example"] },
    'config.managementEndpoint must be an http(s) URL, or an object with a URL for each "{domainName}/{stage}"; got an array of 1',
  ],
  [
    "endpoints without an entry",
    { dynamodbTableName: "t", managementEndpoint: {} },
    'config.managementEndpoint must be an http(s) URL, or an object with a URL for each "{domainName}/{stage}"; got an object without entries',
  ],
  [
    "endpoints by domain alone",
    { dynamodbTableName: "t", managementEndpoint: { "a.example": "https://a.example" } },
    'config.managementEndpoint must have keys of the form "{domainName}/{stage}"; got "a.example" (string of 9)',
  ],
  [
    "endpoints by URL",
    { dynamodbTableName: "t", managementEndpoint: { "wss://a.example/prod": "https://a.example" } },
    'config.managementEndpoint must have keys of the form "{domainName}/{stage}"; got "wss://a.example/prod" (string of 20)',
  ],
  [
    "an endpoint of one API without a scheme",
    { dynamodbTableName: "t", managementEndpoint: { "a.example/prod": "a.example/prod" } },
    'config.managementEndpoint["a.example/prod"] must be an http(s) URL; got "a.example/prod" (string of 14)',
  ],
  [
    "an endpoint of one API that is undefined",
    { dynamodbTableName: "t", managementEndpoint: { "a.example/prod": undefined } },
    'config.managementEndpoint["a.example/prod"] must be an http(s) URL; got undefined',
  ],
  [
    "a retention of another type",
    { dynamodbTableName: "t", eventRetentionSeconds: "60" },
    'config.eventRetentionSeconds must be a whole number of seconds from 1 to 31536000; got "60" (string of 2)',
  ],
  [
    "more subscribers than a publisher may fan out to",
    { dynamodbTableName: "t", inlineFanoutMax: 101 },
    "config.inlineFanoutMax must be a whole number from 0 to 100; got 101 (number)",
  ],
  [
    "a negative number of subscribers",
    { dynamodbTableName: "t", inlineFanoutMax: -1 },
    "config.inlineFanoutMax must be a whole number from 0 to 100; got -1 (number)",
  ],
  [
    "a switch for the inline fan-out",
    { dynamodbTableName: "t", inlineFanoutMax: true },
    "config.inlineFanoutMax must be a whole number from 0 to 100; got true (boolean)",
  ],
  [
    "no retention",
    { dynamodbTableName: "t", eventRetentionSeconds: 0 },
    "config.eventRetentionSeconds must be a whole number of seconds from 1 to 31536000; got 0 (number)",
  ],
  [
    "a switch of another type",
    { dynamodbTableName: "t", legacySubscriptions: "yes" },
    'config.legacySubscriptions must be true or false; got "yes" (string of 3)',
  ],
  [
    "a compression that is a number",
    { dynamodbTableName: "t", compressEvents: 1 },
    "config.compressEvents must be true or false; got 1 (number)",
  ],
  ["half a second", { dynamodbTableName: "t", eventRetentionSeconds: 0.5 }, "got 0.5 (number)"],
  [
    "more than a year",
    { dynamodbTableName: "t", eventRetentionSeconds: 31_536_001 },
    "got 31536001 (number)",
  ],
  ["no number", { dynamodbTableName: "t", eventRetentionSeconds: Number.NaN }, "got NaN (number)"],
])("rejects %s and names the option, the expected value and the actual value", (_, config, message) => {
  expect(() => resolveConfig(config as PubsubConfig)).toThrow(
    expect.objectContaining({
      name: "PubsubError",
      code: "INVALID_ARGUMENT",
      retryable: false,
      message: expect.stringContaining(message),
    }),
  );
});
