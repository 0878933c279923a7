import { type LocalStack, startLocal } from "lambda-websocket-pubsub-local";
import { createTeardown } from "../../packages/local/src/teardown.ts";
import { type BenchChild, startChild } from "../support/bench-child.ts";
import type { ListenOrder, ListenReply, PublishOrder, PublishReply } from "./orders.ts";

/** One of the two compared variants: a stack, its listeners and its publisher, each in its own process. */
export interface Side {
  stack: LocalStack;
  topicId: string;
  listeners: BenchChild<ListenOrder, ListenReply | null>;
  publisher: BenchChild<PublishOrder, PublishReply>;
  stop(): Promise<void>;
}

export interface SideSettings {
  tableName: string;
  dynamodbEndpoint: string;
  subscribers: number;
  /** Queue messages per invocation of the fan-out. The library's default if absent. */
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
    const publisher = await startChild<PublishOrder, PublishReply>(
      new URL("./publisher.ts", import.meta.url),
      stack.env,
    );
    teardown.defer("publisher", () => publisher.stop());
    const listeners = await startChild<ListenOrder, ListenReply | null>(
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
