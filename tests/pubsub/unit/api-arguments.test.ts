/** The hostile suite found that these functions failed with a TypeError without an argument or with null. */
import * as library from "lambda-websocket-pubsub";
import { expect, it } from "vitest";
import { collect } from "../../support/samples.ts";

type Call = (argument: never) => Promise<unknown>;

const calls: Record<string, Call> = {
  publishToTopic: library.publishToTopic,
  publishToTopics: library.publishToTopics,
  publishToUser: library.publishToUser,
  subscribeToTopic: library.subscribeToTopic,
  unsubscribeFromTopic: library.unsubscribeFromTopic,
  unsubscribeFromAllTopics: library.unsubscribeFromAllTopics,
  readTopicEvents: (argument) => collect(library.readTopicEvents(argument)),
  getTopicPosition: library.getTopicPosition,
  growTopic: library.growTopic,
  listSubscribers: (argument) => collect(library.listSubscribers(argument)),
  listMembers: (argument) => collect(library.listMembers(argument)),
  countSubscribers: library.countSubscribers,
  getPublicationStatus: library.getPublicationStatus,
  extractConsumerFromApiGatewayEvent: async (argument) =>
    library.extractConsumerFromApiGatewayEvent(argument),
};

it.each(
  Object.entries(calls).flatMap(([name, call]) =>
    [undefined, null, 5].map((value) => [name, value, call] as const),
  ),
)("rejects the call %s(%j) as INVALID_ARGUMENT", async (_, value, call) => {
  await expect(call(value as never)).rejects.toMatchObject({ name: "PubsubError", code: "INVALID_ARGUMENT" });
});

it.each<[object, string]>([
  [{ last: 5, after: 3 }, "last cannot be combined with after"],
  [{ last: 5, limit: 3 }, "last cannot be combined with limit"],
  [{ last: 0 }, "last must be a whole number from 1 to 1000; got 0"],
  [{ last: 1_001 }, "last must be a whole number from 1 to 1000; got 1001"],
])("rejects readTopicEvents with %j", async (options, message) => {
  const request = { topicId: "t", config: { dynamodbTableName: "table" }, ...options };
  await expect(collect(library.readTopicEvents(request))).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining(message),
  });
});

it("rejects subscribeToTopic with a latest that is not true or false", async () => {
  const consumer = { domainName: "a.example", stage: "prod", connectionId: "c" };
  const request = { topicId: "t", consumer, latest: "yes", config: { dynamodbTableName: "table" } };
  await expect(library.subscribeToTopic(request as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: 'latest must be true or false; got "yes" (string of 3)',
  });
});

it.each(Object.entries(calls))(
  "rejects an unknown option of %s and names the known ones",
  async (name, call) => {
    const options = { config: { dynamodbTableName: "table" }, publicationID: "order-7" };
    await expect(call(options as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(`^${name} has no option (publicationID|config); it has [a-z]`),
    });
  },
);

it.each([
  [undefined, "userId must be a string; got undefined"],
  ["", "userId must be 1 to 512 bytes of UTF-8; got 0"],
  ["x".repeat(513), "userId must be 1 to 512 bytes of UTF-8; got 513"],
  ["a\n", "userId must not contain control characters"],
])("rejects publishToUser to the user %j", async (userId, message) => {
  const request = { userId, data: 1, config: { dynamodbTableName: "table" } };
  await expect(library.publishToUser(request as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message,
  });
});

it.each([
  [{ info: 5 }, "info needs a userId, because it is what others see of a user"],
  [{ userId: "u", info: "x".repeat(1_023) }, "info must be at most 1024 bytes as JSON text; got 1025"],
  [{ userId: "u", info: () => 1 }, "info must be a JSON value; got a value of type function"],
])("rejects subscribeToTopic with %j", async (terms, message) => {
  const consumer = { domainName: "a.example", stage: "prod", connectionId: "c" };
  const request = { topicId: "t", consumer, ...terms, config: { dynamodbTableName: "table" } };
  await expect(library.subscribeToTopic(request as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message,
  });
});
