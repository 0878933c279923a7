/** Members of one topic who come, go, reload and vanish, with workers that die and a queue and an index that misbehave. */
import { createLimiter } from "../../../packages/pubsub/src/core/delivery/limiter.ts";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import type { Ports } from "../../../packages/pubsub/src/core/ports.ts";
import { joinMembers } from "../../../packages/pubsub/src/core/presence/join.ts";
import type { MembersAt, MembersState } from "../../../packages/pubsub/src/core/presence/state.ts";
import { heal } from "../../../packages/pubsub/src/core/recovery/heal.ts";
import { membersTopic } from "../../../packages/pubsub/src/core/reserved-topics.ts";
import { endConnection } from "../../../packages/pubsub/src/core/subscriptions/end-connection.ts";
import { subscribeAtEnd, unsubscribe } from "../../../packages/pubsub/src/core/subscriptions/subscribe.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import { createMemoryConnections } from "../../../packages/pubsub/src/testing/connections.ts";
import { createMemoryLedger } from "../../../packages/pubsub/src/testing/ledger.ts";
import { createMemoryQueue, type MemoryQueue } from "../../../packages/pubsub/src/testing/queue.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { createMemoryTopicLog, type MemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createVirtualClock, type VirtualClock } from "../../../packages/pubsub/src/testing/virtual-clock.ts";
import { consumerOf, DAY_SECONDS } from "../samples.ts";
import { createDoor, portsThrough } from "./door.ts";
import { withLaggingIndex } from "./lagging-index.ts";

export const ROOM = "room";
const MEMBERS = membersTopic(ROOM);
const LOG = { retentionSeconds: DAY_SECONDS };

export interface PresenceFaults {
  /** How long a page of the index is behind, at most. */
  lagMs: number;
  /** The chance that a worker dies in a call. */
  deaths: number;
  /** The chance that a message comes a second time. */
  duplicates: number;
  /** How much later than its delay a message comes, at most. */
  lateMs: number;
}

export interface Tab {
  consumer: Consumer;
  userId: string;
  /** Who the client shows as members: of the newest event, or of SUBSCRIBED. */
  shown(): string[];
  leave(how: "UNSUBSCRIBE" | "$disconnect" | "lost"): Promise<void>;
}

export interface PresenceSimulation {
  clock: VirtualClock;
  log: MemoryTopicLog;
  open(userId: string): Promise<Tab>;
  tabs: ReadonlySet<Tab>;
  counts: { posts: number; ticks: number; deaths: number };
  /** From now on, no worker dies. */
  spareWorkers(): void;
  /** The states that the members topic's events had, in their order. */
  history(): MembersState[];
  stop(): Promise<void>;
}

const VISIBILITY_MS = 5_000;
/** As our client does, shortly after it subscribed, because the index lags. */
const SETTLE_MS = 2_000;

export function simulatePresence(
  seed: number,
  { lagMs, deaths, duplicates, lateMs }: PresenceFaults,
): PresenceSimulation {
  const clock = createVirtualClock({ seed, startMs: 1_700_000_000_000 });
  const counts = { posts: 0, ticks: 0, deaths: 0 };
  const log = createMemoryTopicLog(clock);
  const memory = createMemoryQueue(clock);
  const connections = createMemoryConnections(async () => {
    counts.posts += 1;
    return undefined;
  });
  const queue: MemoryQueue = {
    ...memory,
    async send(messages) {
      counts.ticks += messages.filter(({ body }) => body.includes('"members"')).length;
      for (const message of messages) {
        const again = clock.random() < duplicates ? [message] : [];
        const late = [message, ...again].map(({ body, delaySeconds }) => ({
          body,
          delaySeconds: delaySeconds + (clock.random() * lateMs) / 1_000,
        }));
        await memory.send(late);
      }
    },
  };
  const ports: Ports = {
    clock,
    log,
    connections,
    queue,
    ledger: createMemoryLedger(),
    subscriptions: withLaggingIndex(createMemorySubscriptions(clock), clock, lagMs),
    observe: () => {},
  };
  const tabs = new Set<Tab>();
  let names = 0;
  let over = false;
  let deathChance = deaths;

  async function work(): Promise<void> {
    while (!over) {
      const batch = queue.receive(10, VISIBILITY_MS);
      if (batch.length === 0) {
        await clock.sleep(100);
        continue;
      }
      let alive = true;
      let die = (): void => {};
      const death = new Promise<"dead">((resolve) => {
        die = () => {
          alive = false;
          counts.deaths += 1;
          resolve("dead");
        };
      });
      const door = createDoor({
        clock,
        isAlive: () => alive,
        crash: die,
        fate: () => (clock.random() < deathChance ? "crash" : "fine"),
      });
      const nowMs = clock.now();
      const context = {
        ...portsThrough(door, door, ports),
        limiterOf: () => createLimiter(clock),
        settings: { partSize: 100, maxAttempts: 3 },
        logSettings: LOG,
        deadlineMs: nowMs + 3_000,
        leaseUntilMs: nowMs + 4_000,
      };
      const outcomes = await Promise.race([handleBatch(context, batch), death]);
      alive = false;
      if (outcomes === "dead") continue;
      for (const [id, { outcome }] of outcomes) if (outcome === "done") queue.delete(id);
    }
  }
  const workers = [work(), work()];

  async function open(userId: string): Promise<Tab> {
    const consumer = consumerOf(`c${names++}`);
    connections.open(consumer);
    const grant = { userId };
    const request = { consumer, topicId: ROOM, format: "event" as const, grant, presence: {} };
    await subscribeAtEnd(ports, request, LOG);
    const { members } = await joinMembers(ports, { topicId: ROOM, userId }, LOG);
    const replayed: string[] = [];
    const tab: Tab = {
      consumer,
      userId,
      shown: () => newestOf(members, [...connections.received(consumer), ...replayed]),
      async leave(how) {
        tabs.delete(tab);
        connections.close(consumer);
        if (how === "UNSUBSCRIBE") await unsubscribe(ports, { consumer, topicId: ROOM });
        if (how === "$disconnect") await endConnection(ports, consumer);
      },
    };
    tabs.add(tab);
    void clock.sleep(SETTLE_MS).then(async () => {
      const asked = new Map([[MEMBERS, { epoch: members.epoch, offset: members.offset }]]);
      const { frames } = await heal(ports, { consumer, asked, endsAtMs: clock.now() + 20_000 }, LOG);
      replayed.push(...frames.map(({ body }) => new TextDecoder().decode(body)));
    });
    return tab;
  }

  return {
    clock,
    log,
    open,
    tabs,
    counts,
    spareWorkers() {
      deathChance = 0;
    },
    history: () => log.dump(MEMBERS).map(({ json }) => JSON.parse(json) as MembersState),
    async stop() {
      over = true;
      await Promise.all(workers);
    },
  };
}

interface EventsMessage {
  topicId: string;
  epoch: string;
  events: { offset: number; data: MembersState }[];
}

function newestOf(members: MembersAt, frames: readonly string[]): string[] {
  let { offset, list }: { offset: number; list?: MembersState["list"] } = members;
  for (const text of frames) {
    const { topicId, events } = JSON.parse(text) as EventsMessage;
    if (topicId !== MEMBERS) continue;
    for (const event of events) {
      if (event.offset <= offset) continue;
      ({ offset } = event);
      list = event.data.list;
    }
  }
  return (list ?? []).map(({ userId }) => userId).sort();
}
