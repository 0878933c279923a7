import { expect, it } from "vitest";
import { extractConsumerFromApiGatewayEvent } from "../../../packages/pubsub/src/core/consumer.ts";
import { assertConsumer, assertPublicationId, assertTopicId } from "../../../packages/pubsub/src/core/ids.ts";

const good = [
  "a",
  "#",
  "/",
  " ",
  "\u{1f4a1}",
  "x".repeat(512),
  "ü".repeat(256),
  "\u{1f4a1}".repeat(128),
  "\uffff",
];

it.each(good)("accepts %j as a topic id and as a publication id", (id) => {
  expect(() => assertTopicId(id)).not.toThrow();
  expect(() => assertPublicationId(id)).not.toThrow();
});

const bad: [string, unknown, string][] = [
  ["undefined", undefined, "must be a string; got undefined"],
  ["null", null, "must be a string; got null"],
  ["a number", 5, "must be a string; got 5 (number)"],
  ["an object", {}, "must be a string; got a value of type object"],
  ["an array", ["a"], "must be a string; got an array of 1"],
  ["the empty string", "", "must be 1 to 512 bytes of UTF-8; got 0"],
  ["513 bytes", "x".repeat(513), "must be 1 to 512 bytes of UTF-8; got 513"],
  ["514 bytes in fewer characters", "ü".repeat(257), "must be 1 to 512 bytes of UTF-8; got 514"],
  ["a lone high surrogate", "a\ud83d", "must be well-formed Unicode; got a lone surrogate"],
  ["a lone low surrogate", "\udca1b", "must be well-formed Unicode; got a lone surrogate"],
  ["a null character", "a\u0000b", "must not contain control characters"],
  ["a line break", "a\nb", "must not contain control characters"],
  ["DEL", "\u007f", "must not contain control characters"],
  ["a C1 control", "\u0085", "must not contain control characters"],
];

it.each(bad)("rejects %s as a topic id and as a publication id, and says why", (_, id, message) => {
  expect(() => assertTopicId(id)).toThrow(
    expect.objectContaining({ code: "INVALID_TOPIC_ID", retryable: false, message: `topicId ${message}` }),
  );
  expect(() => assertPublicationId(id)).toThrow(
    expect.objectContaining({ code: "INVALID_PUBLICATION_ID", message: `publicationId ${message}` }),
  );
});

it.each(["$user/", "$members/"])(
  "accepts %s and a whole id after it as a topic id, and nothing longer",
  (prefix) => {
    expect(() => assertTopicId(`${prefix}${"x".repeat(512)}`)).not.toThrow();
    const message = (id: string): string => {
      try {
        assertTopicId(`${prefix}${id}`);
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(message("x".repeat(513))).toBe(`topicId after ${prefix} must be 1 to 512 bytes of UTF-8; got 513`);
    expect(message("")).toBe(`topicId after ${prefix} must be 1 to 512 bytes of UTF-8; got 0`);
    expect(message("a\n")).toBe(`topicId after ${prefix} must not contain control characters`);
  },
);

it("accepts a consumer whose connection id contains / = #", () => {
  expect(() => assertConsumer({ domainName: "d", stage: "$default", connectionId: "a/b=#" })).not.toThrow();
});

it.each<[string, unknown, string]>([
  ["undefined", undefined, "consumer must be { domainName, stage, connectionId }; got undefined"],
  ["null", null, "consumer must be { domainName, stage, connectionId }; got null"],
  ["a string", "d/s/c", 'consumer must be { domainName, stage, connectionId }; got "d/s/c" (string of 5)'],
  [
    "an object without a connection id",
    { domainName: "d", stage: "s" },
    "consumer.connectionId must be a string; got undefined",
  ],
  [
    "an empty stage",
    { domainName: "d", stage: "", connectionId: "c" },
    "consumer.stage must be 1 to 512 bytes",
  ],
  [
    "a domain with a path",
    { domainName: "d/e", stage: "s", connectionId: "c" },
    "consumer.domainName must be without /",
  ],
  [
    "a stage with a path",
    { domainName: "d", stage: "s/t", connectionId: "c" },
    "consumer.stage must be without /",
  ],
])("rejects %s as a consumer", (_, consumer, message) => {
  expect(() => assertConsumer(consumer)).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
  );
});

it("returns only the three fields of the consumer from an API Gateway event", () => {
  const requestContext = {
    domainName: "d",
    stage: "s",
    connectionId: "c=",
    routeKey: "$connect",
    apiId: "x",
  };
  expect(extractConsumerFromApiGatewayEvent({ event: { requestContext } })).toEqual({
    domainName: "d",
    stage: "s",
    connectionId: "c=",
  });
});

it.each<[string, unknown]>([
  ["undefined", undefined],
  ["an HTTP event", { requestContext: { http: { method: "GET" }, domainName: "d", stage: "s" } }],
  ["an SQS event", { Records: [] }],
  ["null", null],
])("rejects %s as an API Gateway WebSocket event", (_, event) => {
  const call = (): unknown =>
    extractConsumerFromApiGatewayEvent({ event: event as { requestContext: object } });
  expect(call).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});
