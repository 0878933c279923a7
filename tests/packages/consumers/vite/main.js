import { createPubsubClient } from "lambda-websocket-pubsub-client";
import { useTopic } from "lambda-websocket-pubsub-client/react";

console.log(`report ${JSON.stringify([typeof createPubsubClient, typeof useTopic])}`);
