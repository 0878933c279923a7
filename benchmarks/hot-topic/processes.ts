import { inParallel } from "../../demo/subscriber.ts";
import { createTeardown } from "../../packages/local/src/teardown.ts";
import { type BenchChild, startChild } from "../support/bench-child.ts";
import type { BarePutsOrder, BarePutsReply, PublishOrder, PublishReply } from "./orders.ts";
import { startProducerServers } from "./servers.ts";

export interface HotTopicProcesses {
  env: Record<string, string>;
  dynamodbPid: number;
  producers: BenchChild<PublishOrder, PublishReply>[];
  barePuts: BenchChild<BarePutsOrder, BarePutsReply>;
  stop(): Promise<void>;
}

const STARTS_AT_ONCE = 2;

/** Starts the servers, the producers and the process that makes bare puts. All are warm when this resolves. */
export async function startProcesses(count: number): Promise<HotTopicProcesses> {
  const teardown = createTeardown();
  try {
    const { env, dynamodbPid, stop } = await startProducerServers();
    teardown.defer("servers", stop);
    const barePuts = await startChild<BarePutsOrder, BarePutsReply>(
      new URL("./bare-puts.ts", import.meta.url),
      env,
    );
    teardown.defer("bare puts", () => barePuts.stop());
    const producers: HotTopicProcesses["producers"] = [];
    await inParallel(count, STARTS_AT_ONCE, async () => {
      const producer = await startChild<PublishOrder, PublishReply>(
        new URL("./producer.ts", import.meta.url),
        env,
      );
      teardown.defer("producer", () => producer.stop());
      producers.push(producer);
    });
    return { env, dynamodbPid, producers, barePuts, stop: () => teardown.run() };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
