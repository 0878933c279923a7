/** Compiled with every kind of module resolution, as `.ts`, `.mts` and `.cts`. */
import { isPubsubError, type PubsubConfig, publishToTopic } from "lambda-websocket-pubsub";
import { createFanoutHandler, createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { decodeClientFrame } from "lambda-websocket-pubsub/protocol";
import * as schema from "lambda-websocket-pubsub/schema";
import { createTopicTokenAuthorizer, mintTopicToken } from "lambda-websocket-pubsub/tokens";
import { createPubsubClient, type Environment } from "lambda-websocket-pubsub-client";
import { PubsubProvider, type useTopic } from "lambda-websocket-pubsub-client/react";

const config: PubsubConfig = { dynamodbTableName: "pubsub" };
const environment: Environment = { onWake: () => () => {} };
const authorize = createTopicTokenAuthorizer({ secret: "secret" });
const client = createPubsubClient({ url: "wss://example.com", environment });

export const handlers: object[] = [
  createWebsocketHandler({ config, authorize }),
  createFanoutHandler({ config }),
];
export const token: Promise<string> = mintTopicToken({ topicId: "room-1", secret: "secret" });
export const others: unknown[] = [decodeClientFrame, schema, PubsubProvider];

/** Types that were not found would be `any`, which would allow all of this. */
export function mistakes(error: unknown): void {
  // @ts-expect-error: `data` is missing
  publishToTopic({ topicId: "room-1", config });
  // @ts-expect-error: a topic is text
  client.subscribe(1, () => {});
  // @ts-expect-error: there is no such code
  isPubsubError(error, "NO_SUCH_CODE");
  // @ts-expect-error: a topic is text
  const topic: Parameters<typeof useTopic>[0] = 1;
  console.log(topic);
}
