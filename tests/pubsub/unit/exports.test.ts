/** What the packages export is a contract: a name that comes or goes is a decision, not an accident. */
import { expect, it } from "vitest";
import * as handlers from "../../../packages/pubsub/src/handlers/index.ts";
import * as library from "../../../packages/pubsub/src/index.ts";
import * as tokens from "../../../packages/pubsub/src/tokens/index.ts";

it("exports the library's functions, its error and nothing else", () => {
  expect(Object.keys(library).sort()).toEqual([
    "PUBSUB_ERROR_CODES",
    "PubsubError",
    "countDeadLetters",
    "countSubscribers",
    "extractConsumerFromApiGatewayEvent",
    "getPublicationStatus",
    "isPubsubError",
    "listDeadLetters",
    "listSubscribers",
    "publishToTopic",
    "readTopicEvents",
    "redriveDeadLetters",
    "subscribeToTopic",
    "unsubscribeFromAllTopics",
    "unsubscribeFromTopic",
  ]);
});

it("exports the two Lambda handlers and nothing else", () => {
  expect(Object.keys(handlers).sort()).toEqual(["createFanoutHandler", "createWebsocketHandler"]);
});

it("exports what mints topic tokens and what checks them, from a subpath of its own", () => {
  expect(Object.keys(tokens).sort()).toEqual(["createTopicTokenAuthorizer", "mintTopicToken"]);
});

it("has the names of the README's example, under the names its package.json gives them", async () => {
  const names = { root: "lambda-websocket-pubsub", handlers: "lambda-websocket-pubsub/handlers" };
  expect(await import(names.root)).toBe(library);
  expect(await import(names.handlers)).toBe(handlers);
});
