/** A topic whose subscribers publish too, and the fan-out of what they publish, over ports in memory. */
import { createInProcessQueue } from "../../../packages/pubsub/src/core/fanout/in-process-queue.ts";
import { createInlineFanout } from "../../../packages/pubsub/src/core/fanout/inline-fanout.ts";
import { publicationStatus } from "../../../packages/pubsub/src/core/fanout/status.ts";
import type { LogSettings } from "../../../packages/pubsub/src/core/log/log-settings.ts";
import type { Ports, PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import {
  createPublisher,
  type Publish,
  type PublishResult,
} from "../../../packages/pubsub/src/core/publish/publish.ts";
import type { Format } from "../../../packages/pubsub/src/core/types.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { consumerOf, DAY_SECONDS, subscriptionOf } from "../../support/samples.ts";

export const TOPIC = "t";
export const SETTINGS: LogSettings = { retentionSeconds: DAY_SECONDS };

export interface World extends TestContext {
  /** Publishes as this connection does by PUBLISH with a request id. */
  publishAs(id: string, data: unknown, publicationId?: string): Promise<PublishResult>;
  publish: Publish;
  /** The offsets or the data that a connection received, one list for each message. */
  received(id: string): unknown[];
  statusOf(offset: number): Promise<object>;
}

export interface Options {
  formats: Record<string, Format>;
  path?: "queue" | "parts" | "inline" | "in process";
  answer?: (id: string, text: string) => PostResult | undefined;
  maxAttempts?: number;
}

export async function world({ formats, path = "queue", answer, maxAttempts }: Options): Promise<World> {
  const context = createTestContext({
    partSize: path === "parts" ? 1 : 100,
    ...(maxAttempts !== undefined && { maxAttempts }),
    answer: async ({ connectionId }, text) => answer?.(connectionId, text),
  });
  for (const [id, format] of Object.entries(formats)) {
    context.connections.open(consumerOf(id));
    await context.subscriptions.put(subscriptionOf(id, TOPIC, { format }));
  }
  const ports: Ports = path === "in process" ? { ...context, queue: createInProcessQueue(context) } : context;
  const inline = path === "inline" ? createInlineFanout(context, 10) : undefined;
  const { publish } = createPublisher(ports, SETTINGS, inline);
  let epoch = "";
  return {
    ...context,
    publish,
    async publishAs(id, data, publicationId) {
      const client = { consumer: consumerOf(id), isEchoed: true };
      const published = await publish({ topicId: TOPIC, data, client, publicationId });
      epoch = published.epoch;
      return published;
    },
    received: (id) =>
      context.connections.received(consumerOf(id)).map((text) => {
        const value = JSON.parse(text) as { events?: { offset: number }[] };
        return value.events?.map(({ offset }) => offset) ?? value;
      }),
    statusOf: (offset) => publicationStatus(context, { topicId: TOPIC, epoch, offset }),
  };
}
