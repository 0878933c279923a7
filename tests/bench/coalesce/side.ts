import { type LocalStack, startLocal } from "lambda-websocket-pubsub-local";
import { createTeardown } from "../../../packages/local/src/teardown.ts";
import { type BenchChild, startChild } from "../support/bench-child.ts";
import type { ListenAnswer, ListenOrder, PublishAnswer, PublishOrder } from "./orders.ts";

/** One of the two ways that are compared: a stack, its listeners and its publisher, each in their processes. */
export interface Side {
  stack: LocalStack;
  topicId: string;
  listeners: BenchChild<ListenOrder, ListenAnswer | null>;
  publisher: BenchChild<PublishOrder, PublishAnswer>;
  stop(): Promise<void>;
}

export interface SideSettings {
  tableName: string;
  dynamodbEndpoint: string;
  subscribers: number;
  /** Messages that one invocation of the fan-out takes; the library's own if absent. */
  batchSize?: number;
}

export async function startSide({
  tableName,
  dynamodbEndpoint,
  subscribers,
  batchSize,
}: SideSettings): Promise<Side> {
  const teardown = createTeardown();
  const topicId = "news";
  try {
    const stack = await startLocal({
      tableName,
      dynamodbEndpoint,
      ...(batchSize !== undefined && { fanout: { batchSize } }),
    });
    teardown.defer("local stack", () => stack.stop());
    const publisher = await startChild<PublishOrder, PublishAnswer>(
      new URL("./publisher.ts", import.meta.url),
      stack.env,
    );
    teardown.defer("publisher", () => publisher.stop());
    const listeners = await startChild<ListenOrder, ListenAnswer | null>(
      new URL("./listeners.ts", import.meta.url),
      {},
    );
    teardown.defer("listeners", () => listeners.stop());
    await listeners.ask({ do: "connect", websocketUrl: stack.websocketUrl, topicId, subscribers });
    return { stack, topicId, listeners, publisher, stop: () => teardown.run() };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
