/** A websocket handler over ports in memory, from the handshake on. */
import { resolveConfig } from "../../../packages/pubsub/src/api/config.ts";
import type { Pubsub } from "../../../packages/pubsub/src/api/create-pubsub.ts";
import type { Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import { createPublisher } from "../../../packages/pubsub/src/core/publish/publish.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import {
  frameSettings,
  handleWebsocketEvent,
  type WebsocketHandlerOptions,
} from "../../../packages/pubsub/src/handlers/websocket.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { consumerOf, DAY_SECONDS } from "../../support/samples.ts";

export interface IdentityWorld extends TestContext, Pick<Pubsub, "publish"> {
  consumer: Consumer;
  /** Returns the status of a handshake. */
  connect(consumer?: Consumer): Promise<number>;
  /** Sends a message, and returns what was posted to the client because of it. */
  send(frame: object, consumer?: Consumer): Promise<unknown[]>;
}

export function identityWorld(
  options: Pick<WebsocketHandlerOptions, "authorize"> & Partial<WebsocketHandlerOptions>,
  change: (subscriptions: Subscriptions) => Partial<Subscriptions> = () => ({}),
): IdentityWorld {
  const context = createTestContext();
  const own = consumerOf("client=");
  const logSettings = { retentionSeconds: DAY_SECONDS };
  const subscriptions = { ...context.subscriptions, ...change(context.subscriptions) };
  const ports = { ...context, subscriptions };
  const config = resolveConfig({ dynamodbTableName: "table" });
  const publisher = createPublisher(ports, logSettings);
  const pubsub: Pubsub = { config, logSettings, ports, limiterOf: context.limiterOf, ...publisher };
  const handle = async (consumer: Consumer, eventType: string, body?: string): Promise<number> => {
    const settings = frameSettings({ config, ...options }, pubsub);
    const event = { requestContext: { ...consumer, eventType }, ...(body !== undefined && { body }) };
    return (await handleWebsocketEvent(pubsub, settings, event)).statusCode;
  };
  return {
    ...context,
    publish: publisher.publish,
    subscriptions,
    consumer: own,
    async connect(consumer = own) {
      context.connections.open(consumer);
      return handle(consumer, "CONNECT");
    },
    async send(frame, consumer = own) {
      const before = context.connections.received(consumer).length;
      await handle(consumer, "MESSAGE", JSON.stringify(frame));
      const received = context.connections.received(consumer).slice(before);
      return received.map((text) => JSON.parse(text) as unknown);
    },
  };
}
