import {
  createPubsubClient,
  type Gap,
  type Position,
  type PubsubClient,
  type PubsubClientError,
  type Subscription,
  type TopicEvent,
} from "../../../packages/client/src/index.ts";
import { createRandom } from "../../support/virtual-clock.ts";
import { createChance, NO_FAULTS } from "./faults.ts";
import { createModelServer, type ModelServer } from "./model-server.ts";
import { createNetwork, type Network } from "./network.ts";
import type { Scenario, SinceChoice, Step } from "./scenario.ts";
import { createVirtualTime } from "./virtual-time.ts";
import { createWatcher, type Watcher } from "./watcher.ts";

/** The callbacks of one subscriber, in order. */
export interface Trace {
  topicId: string;
  since: Position | undefined;
  /** How much the network had delivered when it subscribed. */
  receivedBefore: number;
  /** How far the topic's other subscribers were when it subscribed. */
  others: { trace: Trace; position: Position }[];
  ready: Position | undefined;
  items: TraceItem[];
  /** Set unless it unsubscribed. */
  subscription: Subscription | undefined;
  calledAfterEnd: number;
}

export type TraceItem =
  | { event: TopicEvent; gap?: undefined }
  | { gap: Gap; event?: undefined; received: number };

export interface Outcome {
  scenario: Scenario;
  server: ModelServer;
  network: Network;
  watcher: Watcher;
  traces: Trace[];
  errors: PubsubClientError[];
  /** Timers that the client set after `close()`. */
  timersLeft: number;
}

const HEALING_HEARTBEATS = 4;
const HEALING_MS = 240_000;

/** Runs the scenario, waits until the client has recovered, and closes it. */
export async function runScenario(scenario: Scenario): Promise<Outcome> {
  const time = createVirtualTime(1_000_000);
  const chance = createChance(createRandom(scenario.seed));
  let { faults } = scenario;
  const server = createModelServer({ ...scenario, time, chance, faults: () => faults });
  const watcher = createWatcher(time);
  const cutAfterMs = scenario.maxConnectionAgeMs * scenario.cutShare;
  const network = createNetwork({ time, chance, server, cutAfterMs, faults: () => faults, ...watcher.hooks });
  const traces: Trace[] = [];
  const errors: PubsubClientError[] = [];
  let wake = (): void => {};
  const client = createPubsubClient({
    ...(scenario.asyncUrl ? { getUrl: async () => "ws://model" } : { url: "ws://model" }),
    webSocket: network.webSocket,
    heartbeatMs: scenario.heartbeatMs,
    heartbeatMaxMs: scenario.heartbeatMaxMs,
    maxConnectionAgeMs: scenario.maxConnectionAgeMs,
    idleTimeoutMs: scenario.idleTimeoutMs,
    clock: time,
    random: createRandom(scenario.seed + 1),
    environment: {
      onWake(callback) {
        wake = callback;
        return () => {
          wake = () => {};
        };
      },
    },
    onError: (error) => errors.push(error),
  });
  watcher.isWanted = (topicId) =>
    traces.some((trace) => trace.topicId === topicId && trace.subscription && trace.ready);
  const subscribe = (topicId: string, since: Position | undefined, leaveAfter?: number): void =>
    addSubscriber({ client, watcher, traces }, topicId, since, leaveAfter);

  async function take(step: Step): Promise<void> {
    const open = network.connections.filter(({ isOpenAtClient }) => isOpenAtClient);
    switch (step.step) {
      case "wait":
        return time.pass(step.ms);
      case "publish":
        return server.publish(topicName(step.topic), step.count);
      case "subscribe": {
        const topicId = topicName(step.topic);
        return subscribe(topicId, sinceOf(step.since, topicId, server, traces), step.leaveAfter);
      }
      case "unsubscribe": {
        const active = traces.filter(({ subscription }) => subscription);
        const leaving = active[step.subscriber % active.length];
        const { subscription } = leaving ?? {};
        if (leaving) leaving.subscription = undefined;
        return subscription?.();
      }
      case "drop":
        return open.at(-1)?.closeByServer(step.code);
      case "half-open":
        for (const connection of open.slice(-1)) connection.isDead = true;
        return;
      case "offline":
        network.isOffline = true;
        await time.pass(step.ms);
        network.isOffline = false;
        return;
      case "forget-row":
        return open.slice(-1).forEach(server.forgetRow);
      case "trim":
        return server.log(topicName(step.topic)).trim(step.count);
      case "expire":
        return server.log(topicName(step.topic)).expire();
      case "wake":
        return wake();
      case "reconnect":
        return client.reconnect();
      case "close":
        client.close();
        return subscribe(topicName(0), undefined);
    }
  }

  subscribe(topicName(0), undefined);
  for (const step of scenario.steps) {
    await take(step);
    await time.pass(chance.delayMs(200));
  }
  faults = NO_FAULTS;
  await time.pass(HEALING_HEARTBEATS * scenario.heartbeatMs + scenario.heartbeatMaxMs + HEALING_MS);
  watcher.isOver = true;
  client.close();
  const timersLeft = time.timers;
  await time.pass(60_000);
  return { scenario, server, network, watcher, traces, errors, timersLeft };
}

const topicName = (topic: number): string => (topic === 0 ? "__proto__" : `topic-${topic}`);

function addSubscriber(
  { client, watcher, traces }: { client: PubsubClient; watcher: Watcher; traces: Trace[] },
  topicId: string,
  since: Position | undefined,
  leaveAfter = Number.POSITIVE_INFINITY,
): void {
  const trace: Trace = {
    topicId,
    since,
    receivedBefore: watcher.received.length,
    others: traces.flatMap((other) => {
      const position = other.topicId === topicId && other.ready && positionOf(other);
      return position ? { trace: other, position } : [];
    }),
    ready: undefined,
    items: [],
    subscription: undefined,
    calledAfterEnd: 0,
  };
  traces.push(trace);
  function add(item: TraceItem): void {
    if (!trace.subscription || watcher.isOver) trace.calledAfterEnd++;
    trace.items.push(item);
    if (trace.items.length < leaveAfter) return;
    const { subscription } = trace;
    trace.subscription = undefined;
    subscription?.();
  }
  const subscription = client.subscribe(topicId, (event) => add({ event }), {
    since,
    onGap: (gap) => add({ gap, received: watcher.received.length }),
    onEnd() {
      if (!watcher.isOver) trace.subscription = undefined;
    },
  });
  trace.subscription = subscription;
  subscription.ready.then(
    (position) => {
      trace.ready = position;
    },
    () => {},
  );
}

function positionOf({ items }: Trace): Position | undefined {
  const last = items.at(-1);
  return last?.event ?? last?.gap?.to;
}

function sinceOf(
  choice: SinceChoice,
  topicId: string,
  server: ModelServer,
  traces: readonly Trace[],
): Position | undefined {
  if (choice.since === "now") return undefined;
  if (choice.since === "foreign") return { epoch: choice.epoch, offset: choice.offset };
  if (choice.since === "back") {
    const { history } = server.log(topicId);
    const event = history[Math.max(0, history.length - 1 - choice.by)];
    return event && { epoch: event.epoch, offset: event.offset };
  }
  const others = traces.filter((trace) => trace.topicId === topicId);
  const other = others[choice.subscriber % others.length];
  const { epoch, offset } = (other && positionOf(other)) ?? {};
  return epoch === undefined || offset === undefined ? undefined : { epoch, offset };
}
