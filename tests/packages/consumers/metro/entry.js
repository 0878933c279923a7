import * as client from "lambda-websocket-pubsub-client";
import * as react from "lambda-websocket-pubsub-client/react";

const { createPubsubClient } = require("lambda-websocket-pubsub-client");
const { PubsubProvider } = require("lambda-websocket-pubsub-client/react");

globalThis.report = {
  types: [typeof client.createPubsubClient, typeof react.useTopic],
  isOneInstance: createPubsubClient === client.createPubsubClient && PubsubProvider === react.PubsubProvider,
};
