import { growTopic, publishToTopic } from "lambda-websocket-pubsub";
import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { consumerOf } from "../../support/samples.ts";
import type { Call } from "./dynamodb-requests.ts";
import { recorded, withPosts } from "./library-calls.ts";

const HOT = { topicId: "hot" };

/** Subscribes so often that the process asks for the topic's shards, renews, and unsubscribes, as clients do. */
export const hotSubscriberCalls = (): Promise<Call[]> =>
  withPosts((managementEndpoint) =>
    recorded({ managementEndpoint, hotTopics: true }, async (config) => {
      await publishToTopic({ ...HOT, data: "before", config });
      return async () => {
        const handler = createWebsocketHandler({
          config,
          authorize: ({ action }) => action === "CONNECT" || { allow: true, userId: "somebody" },
        });
        const send = (name: string, eventType: string, frame?: object): Promise<unknown> =>
          handler({
            requestContext: { ...consumerOf(name), eventType },
            ...(frame && { body: JSON.stringify(frame) }),
          });
        for (let n = 0; n < 12; n++)
          await send(`c${n}`, "MESSAGE", { action: "SUBSCRIBE", ...HOT, requestId: "1" });
        await send("c1", "MESSAGE", { action: "SUBSCRIBE", ...HOT, requestId: "2" });
        await send("c1", "MESSAGE", { action: "UNSUBSCRIBE", ...HOT, requestId: "3" });
        await send("c2", "DISCONNECT");
      };
    }),
  );

/** Gives a topic more shards twice. */
export const growCalls = (): Promise<Call[]> =>
  recorded({ hotTopics: true }, async (config) => async () => {
    for (const shards of [2, 8]) await growTopic({ ...HOT, shards, config });
  });
