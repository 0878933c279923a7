import { type PubsubConfig, revoke, subscribeToTopic } from "lambda-websocket-pubsub";
import { createFanoutHandler, createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
import { consumerOf } from "../../support/samples.ts";
import type { Call } from "./dynamodb-requests.ts";
import { recorded, withPosts } from "./library-calls.ts";

const ROOM = { topicId: "room" };

type Send = (name: string, eventType: string, frame?: object) => Promise<unknown>;

function websocketFunction(config: PubsubConfig): Send {
  const handler = createWebsocketHandler({
    config,
    authorize: ({ consumer }) => ({ allow: true, userId: `user-of-${consumer.connectionId}` }),
    presence: true,
    markActivity: true,
  });
  return (name, eventType, frame) =>
    handler({
      requestContext: { ...consumerOf(name), eventType },
      ...(frame && { body: JSON.stringify(frame) }),
    });
}

const JOIN = { action: "SUBSCRIBE", ...ROOM, format: "event", presence: { info: "here" }, requestId: "1" };

/** Comes as the first member, sends a heartbeat, leaves, comes again and disconnects, as clients do. */
export const memberCalls = (): Promise<Call[]> =>
  withPosts((managementEndpoint) =>
    recorded({ managementEndpoint }, async (config) => async () => {
      const send = websocketFunction(config);
      await send("a", "MESSAGE", JOIN);
      const positions = { "$members/room": { epoch: "0mwtluioy", offset: 0 } };
      await send("a", "MESSAGE", { action: "PING", positions, requestId: "2" });
      await send("a", "MESSAGE", { action: "UNSUBSCRIBE", ...ROOM });
      await send("a", "MESSAGE", JOIN);
      await send("a", "DISCONNECT");
    }),
  );

/** Publishes who the members are, posts it, and finds connections that are gone. */
export const tickCalls = (): Promise<Call[]> =>
  withPosts((managementEndpoint) =>
    recorded({ managementEndpoint }, async (config) => {
      const send = websocketFunction(config);
      await send("a", "MESSAGE", JOIN);
      return async () => {
        const handler = createFanoutHandler({ config, partialBatchResponses: true });
        const body = JSON.stringify({ v: 1, kind: "members", ...ROOM, round: 2 });
        const record = { messageId: "m", body, attributes: { ApproximateReceiveCount: "1" } };
        const context = { getRemainingTimeInMillis: () => 20_000 };
        const event = { Records: [record] } as unknown as Parameters<typeof handler>[0];
        for (let times = 0; times < 2; times++) {
          const { batchItemFailures } = await handler(event, context as Parameters<typeof handler>[1]);
          if (batchItemFailures.length > 0) throw new Error("the tick failed");
        }
      };
    }),
  );

/** Puts a member out of a topic, and then out of all. */
export const putOutCalls = (): Promise<Call[]> =>
  withPosts((managementEndpoint) =>
    recorded({ managementEndpoint }, async (config) => {
      const send = websocketFunction(config);
      for (const name of ["a", "b"]) await send(name, "MESSAGE", JOIN);
      await subscribeToTopic({ topicId: "hall", consumer: consumerOf("b"), config });
      return async () => {
        await revoke({ userId: "user-of-a", ...ROOM, config });
        await revoke({ userId: "user-of-b", config });
      };
    }),
  );
