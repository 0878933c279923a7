import type { FanoutQueue, Ports } from "../../../packages/pubsub/src/core/ports.ts";
import { createMemoryConnections } from "../../../packages/pubsub/src/testing/connections.ts";
import { createMemoryLedger } from "../../../packages/pubsub/src/testing/ledger.ts";
import { createMemoryQueue } from "../../../packages/pubsub/src/testing/queue.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { createMemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createVirtualClock } from "../../../packages/pubsub/src/testing/virtual-clock.ts";
import { runAudience } from "./audience.ts";
import { faultyConnections } from "./network.ts";
import { runPublishers } from "./publishers.ts";
import { recordingLedger, recordingQueue, recordQueued } from "./recording.ts";
import type { Records } from "./records.ts";
import type { Scenario } from "./scenario.ts";
import { createWorkers } from "./workers.ts";

const START_MS = 1_700_000_000_000;
/** Several times the longest delay of a redelivery, so that every run ends earlier. */
const TIME_LIMIT_MS = 4 * 3_600_000;

export interface Outcome extends Records {
  /** The number of invocations that were killed before they ended. */
  killed: number;
  scenario: Scenario;
}

/** Runs publishers, workers and subscribers over adapters in memory until no work is left. */
export async function simulate(scenario: Scenario): Promise<Outcome> {
  const clock = createVirtualClock({ seed: scenario.seed, startMs: START_MS });
  const log = createMemoryTopicLog(clock);
  const ledger = createMemoryLedger();
  const subscriptions = createMemorySubscriptions(clock);
  const connections = createMemoryConnections();
  const queue = createMemoryQueue(clock);
  let steps = 0;
  const records: Records = {
    log,
    ledger,
    published: [],
    subscribers: [],
    posts: [],
    handedOn: [],
    abandoned: [],
    claims: new Map(),
    queued: new Map(),
    cuts: () => [...records.claims.values()].filter(({ settled }) => !settled),
    deadLetters: queue.deadLetters,
    step: () => ++steps,
  };
  const duplicating: FanoutQueue = {
    durable: true,
    deadLetter: queue.deadLetter,
    send(messages) {
      const sent = [...messages, ...messages.filter(() => clock.random() < scenario.faults.duplicates)];
      recordQueued(sent, records);
      return queue.send(sent);
    },
  };
  const portsFor = (invocation: number): Ports => ({
    log,
    subscriptions,
    queue: recordingQueue(duplicating, records, invocation),
    ledger: recordingLedger(ledger, records, invocation),
    connections: faultyConnections(connections, { clock, faults: scenario.faults, records, invocation }),
    clock,
    observe: () => {},
  });
  const workers = createWorkers(portsFor, { queue, clock }, scenario);
  const audience = runAudience(portsFor(0), connections, scenario, records);

  async function everything(): Promise<void> {
    await audience.settle();
    let publishing = true;
    const published = runPublishers(portsFor(0), scenario, records).finally(() => {
      publishing = false;
    });
    const isOver = (): boolean => {
      if (clock.now() > START_MS + TIME_LIMIT_MS) throw new Error("the queue is never empty");
      return !publishing && queue.nextVisibleAtMs() === undefined;
    };
    await Promise.all([published, workers.run(isOver), audience.churn(() => publishing)]);
  }

  await clock.run(everything());
  return { ...records, killed: workers.killed(), scenario };
}
