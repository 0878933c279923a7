import { createTeardown } from "../../packages/local/src/teardown.ts";
import { type BenchChild, startChild } from "../support/bench-child.ts";
import type { PublishOrder, PublishReply, SubscriberOrder, SubscriberReply } from "./orders.ts";

export interface LatencyProcesses {
  publisher: BenchChild<PublishOrder, PublishReply>;
  subscribers: BenchChild<SubscriberOrder, SubscriberReply>;
  stop(): Promise<void>;
}

export async function startLatencyProcesses(
  env: Readonly<Record<string, string>>,
): Promise<LatencyProcesses> {
  const teardown = createTeardown();
  try {
    const publisher = await startChild<PublishOrder, PublishReply>(
      new URL("./publisher.ts", import.meta.url),
      env,
    );
    teardown.defer("publisher", () => publisher.stop());
    const subscribers = await startChild<SubscriberOrder, SubscriberReply>(
      new URL("./subscribers.ts", import.meta.url),
      {},
    );
    teardown.defer("subscribers", () => subscribers.stop());
    return { publisher, subscribers, stop: () => teardown.run() };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
