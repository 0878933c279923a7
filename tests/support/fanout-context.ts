import { createLimiter } from "../../packages/pubsub/src/core/delivery/limiter.ts";
import { createLimiters } from "../../packages/pubsub/src/core/delivery/limiters.ts";
import type { FanoutContext } from "../../packages/pubsub/src/core/fanout/worker.ts";
import type { PipelineEvent } from "../../packages/pubsub/src/core/pipeline-events.ts";
import type { Disconnect, PostResult, Spending } from "../../packages/pubsub/src/core/ports.ts";
import type { Consumer } from "../../packages/pubsub/src/core/types.ts";
import {
  createMemoryConnections,
  type MemoryConnections,
} from "../../packages/pubsub/src/testing/connections.ts";
import {
  createMemoryDeadLetters,
  type MemoryDeadLetters,
} from "../../packages/pubsub/src/testing/dead-letters.ts";
import { createMemoryLedger } from "../../packages/pubsub/src/testing/ledger.ts";
import { createMemoryQueue, type MemoryQueue } from "../../packages/pubsub/src/testing/queue.ts";
import { createMemorySpending } from "../../packages/pubsub/src/testing/spending.ts";
import { createMemorySubscriptions } from "../../packages/pubsub/src/testing/subscriptions.ts";
import { createMemoryTopicLog, type MemoryTopicLog } from "../../packages/pubsub/src/testing/topic-log.ts";
import { createManualClock, type ManualClock } from "./manual-clock.ts";

/** One worker's context over adapters in memory. */
export interface TestContext extends FanoutContext {
  clock: ManualClock;
  log: MemoryTopicLog;
  queue: MemoryQueue;
  /** The dead letters that the queue stores. */
  deadLetters: MemoryDeadLetters;
  connections: MemoryConnections;
  spending: Spending;
  disconnect: Disconnect;
  observed: PipelineEvent[];
}

export const LEASE_MS = 30_000;

export function createTestContext(
  options: {
    answer?: (consumer: Consumer, text: string) => Promise<PostResult | undefined>;
    partSize?: number;
    maxAttempts?: number;
  } = {},
): TestContext {
  const { answer, partSize = 100, maxAttempts = 3 } = options;
  const clock = createManualClock();
  const observed: PipelineEvent[] = [];
  const deadLetters = createMemoryDeadLetters(clock);
  const connections = createMemoryConnections(answer);
  return {
    clock,
    observed,
    log: createMemoryTopicLog(clock),
    subscriptions: createMemorySubscriptions(clock),
    connections,
    spending: createMemorySpending(),
    disconnect: connections.disconnect,
    queue: createMemoryQueue(clock, deadLetters),
    deadLetters,
    ledger: createMemoryLedger(),
    observe: (event) => observed.push(event),
    limiterOf: createLimiters(() => createLimiter(clock)),
    settings: { partSize, maxAttempts },
    deadlineMs: clock.now() + 20_000,
    leaseUntilMs: clock.now() + LEASE_MS,
  };
}
