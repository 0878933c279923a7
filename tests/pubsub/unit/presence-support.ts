/** Connections of users, a worker and its queue, over ports in memory and one clock. */

import { resolveConfig } from "../../../packages/pubsub/src/api/config.ts";
import type { Pubsub } from "../../../packages/pubsub/src/api/create-pubsub.ts";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import type { MembersState } from "../../../packages/pubsub/src/core/protocol.ts";
import { createPublisher } from "../../../packages/pubsub/src/core/publish/publish.ts";
import { membersTopic } from "../../../packages/pubsub/src/core/reserved-topics.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import type { AuthorizeDecision } from "../../../packages/pubsub/src/handlers/authorize.ts";
import {
  frameSettings,
  handleWebsocketEvent,
  type WebsocketHandlerOptions,
} from "../../../packages/pubsub/src/handlers/websocket.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { consumerOf, DAY_SECONDS } from "../../support/samples.ts";

export const TOPIC = "room";

export interface Client {
  consumer: Consumer;
  send(frame: Record<string, unknown>): Promise<void>;
  join(info?: unknown): Promise<void>;
  disconnect(): Promise<void>;
  /** Its connection ends, and nobody is told. */
  vanish(): void;
  posted(): Record<string, unknown>[];
  /** The data of the events of the members topic that it received. */
  members(): MembersState[];
  /** The users of the newest of them. */
  users(): string[];
}

export interface PresenceWorld {
  context: TestContext;
  pubsub: Pubsub;
  connect(name: string, who: Pick<AuthorizeDecision, "userId">): Client;
  /** Lets so many seconds pass, and the workers handle what the queue delivers meanwhile. */
  pass(seconds: number): Promise<void>;
  publish(data: unknown): Promise<void>;
  /** The connection ids of a topic's subscriptions. */
  rowsOf(topicId: string): Promise<string[]>;
}

const STEP_MS = 250;

export function presenceWorld(
  options: Pick<WebsocketHandlerOptions, "presence" | "markActivity"> = { presence: true },
): PresenceWorld {
  const context = createTestContext();
  const { clock, queue, connections, subscriptions } = context;
  const config = resolveConfig({ dynamodbTableName: "table", fanoutQueueUrl: "https://sqs.test/queue" });
  const logSettings = { retentionSeconds: DAY_SECONDS };
  const publisher = createPublisher(context, logSettings);
  const pubsub: Pubsub = { config, logSettings, ports: context, limiterOf: context.limiterOf, ...publisher };
  const users = new Map<string, Pick<AuthorizeDecision, "userId">>();
  const settings = frameSettings(
    {
      config,
      authorize: ({ consumer }) => ({ allow: true, ...users.get(consumer.connectionId) }),
      maxDollarsPerHour: 1_000,
      ...options,
    },
    pubsub,
  );

  async function work(): Promise<void> {
    for (let batch = queue.receive(10, 30_000); batch.length > 0; batch = queue.receive(10, 30_000)) {
      const nowMs = clock.now();
      const limits = { deadlineMs: nowMs + 20_000, leaseUntilMs: nowMs + 30_000 };
      const outcomes = await handleBatch({ ...context, ...limits, logSettings }, batch);
      for (const [id, { outcome }] of outcomes) if (outcome === "done") queue.delete(id);
    }
  }

  const decode = (consumer: Consumer): Record<string, unknown>[] =>
    connections.received(consumer).map((text) => JSON.parse(text) as Record<string, unknown>);

  return {
    context,
    pubsub,
    connect(name, who) {
      const consumer = consumerOf(name);
      connections.open(consumer);
      users.set(name, who);
      const received: Record<string, unknown>[] = [];
      const handle = async (eventType: string, frame?: unknown): Promise<void> => {
        const event = { requestContext: { ...consumer, eventType }, body: JSON.stringify(frame) };
        await handleWebsocketEvent(pubsub, settings, event);
      };
      const client: Client = {
        consumer,
        send: (frame) => handle("MESSAGE", frame),
        join: (info) =>
          client.send({
            action: "SUBSCRIBE",
            topicId: TOPIC,
            format: "event",
            requestId: "j",
            presence: { info },
          }),
        async disconnect() {
          received.push(...decode(consumer));
          connections.close(consumer);
          await handle("DISCONNECT");
        },
        vanish() {
          received.push(...decode(consumer));
          connections.close(consumer);
        },
        posted: () => [...received, ...decode(consumer)],
        members: () =>
          client
            .posted()
            .filter(({ type, topicId }) => type === "EVENTS" && topicId === membersTopic(TOPIC))
            .flatMap(({ events }) => (events as { data: MembersState }[]).map(({ data }) => data)),
        users: () =>
          client
            .members()
            .at(-1)
            ?.list?.map(({ userId }) => userId) ?? [],
      };
      return client;
    },
    async pass(seconds) {
      for (let leftMs = seconds * 1_000; leftMs > 0; leftMs -= STEP_MS) {
        clock.advance(STEP_MS);
        await work();
      }
    },
    async publish(data) {
      await pubsub.publish({ topicId: TOPIC, data });
      await work();
    },
    async rowsOf(topicId) {
      const { subscriptions: rows } = await subscriptions.page({ topicId, limit: 1_000 });
      return rows.map(({ consumer }) => consumer.connectionId);
    },
  };
}
