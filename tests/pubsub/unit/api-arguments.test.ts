/** Found by the hostile suite: called without an argument, or with null, these failed with a TypeError. */
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
)("%s(%j) is refused", async (_, value, call) => {
  await expect(call(value as never)).rejects.toMatchObject({ name: "PubsubError", code: "INVALID_ARGUMENT" });
});

it.each(Object.entries(calls))(
  "%s rejects an option that it does not have and names those it has",
  async (name, call) => {
    const options = { config: { dynamodbTableName: "table" }, publicationID: "order-7" };
    await expect(call(options as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(`^${name} has no option (publicationID|config); it has [a-z]`),
    });
  },
);
