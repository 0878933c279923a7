/** The hostile suite found that these functions failed with a TypeError without an argument or with null. */
import * as library from "lambda-websocket-pubsub";
import { expect, it } from "vitest";
import { collect } from "../../support/samples.ts";

type Call = (argument: never) => Promise<unknown>;

const calls: Record<string, Call> = {
  publishToTopic: library.publishToTopic,
  subscribeToTopic: library.subscribeToTopic,
  unsubscribeFromTopic: library.unsubscribeFromTopic,
  unsubscribeFromAllTopics: library.unsubscribeFromAllTopics,
  readTopicEvents: (argument) => collect(library.readTopicEvents(argument)),
  listSubscribers: (argument) => collect(library.listSubscribers(argument)),
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
