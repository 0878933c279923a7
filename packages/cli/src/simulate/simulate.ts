import {
  createMemoryDeadLetters,
  createMemoryLedger,
  createMemorySubscriptions,
  createMemoryTopicLog,
  createPublisher,
  createVirtualClock,
  type Ports,
} from "../../../pubsub/src/simulation/index.ts";
import { TOPIC } from "./audience.ts";
import { createDeliveries } from "./deliveries.ts";
import { createFunctionModel, type FunctionModel } from "./function-model.ts";
import { createGatewayModel, type SimulatedData } from "./gateway-model.ts";
import type { SimulateSettings } from "./model.ts";
import { createQueueModel, type QueueModel } from "./queue-model.ts";
import { createTableModel, type TableModel } from "./table-model.ts";
import { tableLedger, tableLog, tableSubscriptions } from "./table-ports.ts";
import { createTimeline, type Second } from "./timeline.ts";

/** What a simulation counted. */
export interface Simulated {
  settings: SimulateSettings;
  /** For each publication: seconds from its publish to its last subscriber. */
  durationsSeconds: readonly number[];
  /** From the first publish to the last post. */
  elapsedSeconds: number;
  reached: number;
  duplicates: number;
  abandoned: number;
  posts: Second;
  perSecond: readonly Second[];
  messages: number;
  /** Units of work that were done: they are what the function logs. */
  unitsOfWork: number;
  queue: Pick<QueueModel, "requests" | "hopsMax" | "inFlightMax">;
  table: Pick<TableModel, "units" | "perKeyMax" | "perTableMax" | "throttled">;
  fanout: Pick<FunctionModel, "invocations" | "coldStarts" | "billedMs" | "concurrencyMax" | "timedOut">;
}

export interface SimulateProgress {
  /** The share of all deliveries. */
  share: number;
  /** The second of the simulated time. */
  second: number;
}

/** A Monday. Nothing depends on it. */
const START_MS = Date.UTC(2026, 0, 5);
const RETENTION_SECONDS = 86_400;

/**
 * Publishes to a topic and fans out with the library's own core, over adapters in memory that have AWS's limits and
 * latencies, until no message is left. Time is virtual: the same settings give the same result.
 */
export async function simulate(
  settings: SimulateSettings,
  onProgress: (progress: SimulateProgress) => void = () => {},
): Promise<Simulated> {
  const { subscribers, publications, shards, seed, timings } = settings;
  const clock = createVirtualClock({ seed, startMs: START_MS });
  const deliveries = createDeliveries(subscribers, publications);
  const timeline = createTimeline(START_MS, (second) => onProgress({ share: deliveries.progress(), second }));
  const gateway = createGatewayModel(clock, settings, { deliveries, timeline });
  const letters = createMemoryDeadLetters(clock);
  const queue = createQueueModel(clock, letters, timings);
  const table = createTableModel(clock, timings);
  let unitsOfWork = 0;
  let abandoned = 0;
  const ports: Omit<Ports, "connections"> = {
    clock,
    queue,
    log: tableLog(createMemoryTopicLog(clock), table),
    ledger: tableLedger(createMemoryLedger(), table),
    subscriptions: tableSubscriptions(createMemorySubscriptions(clock), table, clock, {
      subscribers,
      shards,
    }),
    observe(event) {
      if (event.event === "unit-completed" || event.event === "parts-sent") unitsOfWork += 1;
      if (event.event === "delivery-abandoned") abandoned += event.consumers;
    },
  };
  const fanout = createFunctionModel(ports, { queue, gateway }, settings);

  async function everything(): Promise<void> {
    await publishAll(ports, settings, () => deliveries.published(clock.now()));
    await new Promise<void>((resolve) => {
      const endIfOver = (): void => {
        if (queue.size === 0 && fanout.isIdle()) resolve();
      };
      fanout.onBatchEnd = endIfOver;
      endIfOver();
    });
  }

  await clock.run(everything());
  const { requests, hopsMax, inFlightMax } = queue;
  return {
    settings,
    durationsSeconds: deliveries.durationsMs().map((ms) => ms / 1_000),
    elapsedSeconds: (timeline.lastMs - START_MS) / 1_000,
    reached: deliveries.reached(),
    duplicates: deliveries.duplicates(),
    abandoned,
    posts: timeline.totals(),
    perSecond: timeline.seconds,
    messages: gateway.messages(),
    unitsOfWork,
    queue: { requests, hopsMax, inFlightMax },
    table,
    fanout,
  };
}

/** Begins a publication each time that its rate allows one, whether or not the earlier ones have ended. */
async function publishAll(
  ports: Omit<Ports, "connections">,
  { publications, publicationsPerSecond, bytes }: SimulateSettings,
  begin: () => number,
): Promise<void> {
  const { publish } = createPublisher(ports, { retentionSeconds: RETENTION_SECONDS });
  const publishing: Promise<unknown>[] = [];
  const startMs = ports.clock.now();
  for (let nth = 0; nth < publications; nth++) {
    await ports.clock.sleep(startMs + (nth * 1_000) / publicationsPerSecond - ports.clock.now());
    publishing.push(publish({ topicId: TOPIC, data: dataOf(begin(), bytes) }));
  }
  await Promise.all(publishing);
}

/** Data of about this many bytes, which the subscribers can tell apart. */
function dataOf(number: number, bytes: number): SimulatedData & { text: string } {
  const empty = JSON.stringify({ number, text: "" }).length;
  return { number, text: "x".repeat(Math.max(0, bytes - empty)) };
}
