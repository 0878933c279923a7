/** The exported names are a contract. These tests fail when a name is added or removed by accident. */
import { expect, it } from "vitest";
import * as handlers from "../../../packages/pubsub/src/handlers/index.ts";
import * as library from "../../../packages/pubsub/src/index.ts";
import * as tokens from "../../../packages/pubsub/src/tokens/index.ts";

it("exports the functions of the library, its error class and error codes, and nothing else", () => {
  expect(Object.keys(library).sort()).toEqual([
    "PUBSUB_ERROR_CODES",
    "PubsubError",
    "countDeadLetters",
    "countSubscribers",
    "disconnect",
    "extractConsumerFromApiGatewayEvent",
    "getPublicationRecord",
    "getPublicationStatus",
    "getTopicPosition",
    "growTopic",
    "isPubsubError",
    "listDeadLetters",
    "listMembers",
    "listSubscribers",
    "publishToTopic",
    "publishToTopics",
    "publishToUser",
    "readTopicEvents",
    "redriveDeadLetters",
    "revoke",
    "subscribeToTopic",
    "unsubscribeFromAllTopics",
    "unsubscribeFromTopic",
  ]);
});

it("exports the three Lambda handlers and nothing else", () => {
  expect(Object.keys(handlers).sort()).toEqual([
    "createFanoutHandler",
    "createPublishHandler",
    "createWebsocketHandler",
  ]);
});

it("exports the functions that mint and check topic tokens from the tokens subpath, and nothing else", () => {
  expect(Object.keys(tokens).sort()).toEqual(["createTopicTokenAuthorizer", "mintTopicToken"]);
});

it("resolves the two import paths of the README example to the library and its handlers", async () => {
  const names = { root: "lambda-websocket-pubsub", handlers: "lambda-websocket-pubsub/handlers" };
  expect(await import(names.root)).toBe(library);
  expect(await import(names.handlers)).toBe(handlers);
});
