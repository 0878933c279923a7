import {
  createPubsubClient,
  type Position,
  type PubsubClient,
  type PubsubClientError,
} from "../../../packages/client/src/index.ts";
import { createRandom } from "../../../packages/pubsub/src/testing/virtual-clock.ts";
import { type Chance, createChance, type Faults, NO_FAULTS } from "./faults.ts";
import { createModelServer, type ModelServer } from "./model-server.ts";
import { applyToState, optionsOf } from "./modes.ts";
import { createNetwork } from "./network.ts";
import type { Outcome, Publication, Trace, TraceItem } from "./outcome.ts";
import { publishFrom } from "./publications.ts";
import type { Mode, Scenario, SinceChoice, Step } from "./scenario.ts";
import { createVirtualTime, type VirtualTime } from "./virtual-time.ts";
import { createWatcher, type Watcher } from "./watcher.ts";

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
  const publications: Publication[] = [];
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
  const world: World = { client, watcher, traces, server, time, chance, faults: () => faults };
  const subscribe = (topicId: string, since?: Position, leaveAfter?: number, mode?: Mode): void =>
    addSubscriber(world, topicId, since, leaveAfter, mode);

  async function take(step: Step): Promise<void> {
    const open = network.connections.filter(({ isOpenAtClient }) => isOpenAtClient);
    switch (step.step) {
      case "wait":
        return time.pass(step.ms);
      case "publish":
        return server.publish(topicName(step.topic), step.count);
      case "subscribe": {
        const topicId = topicName(step.topic);
        const { mode, leaveAfter } = step;
        const since = mode.mode === "all" ? sinceOf(step.since, topicId, server, traces) : undefined;
        return subscribe(topicId, since, leaveAfter, mode);
      }
      case "client-publish":
        for (let published = 0; published < step.count; published++) {
          const abort = publishFrom(client, publications, topicName(step.topic));
          if (step.abortAfterMs !== undefined) time.after(step.abortAfterMs, abort);
        }
        return;
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
        return subscribe(topicName(0));
    }
  }

  subscribe(topicName(0), undefined, undefined, scenario.first);
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
  return { scenario, server, network, watcher, traces, publications, errors, timersLeft };
}

const topicName = (topic: number): string => (topic === 0 ? "__proto__" : `topic-${topic}`);

interface World {
  client: PubsubClient;
  watcher: Watcher;
  traces: Trace[];
  server: ModelServer;
  time: VirtualTime;
  chance: Chance;
  faults: () => Faults;
}

function addSubscriber(
  { client, watcher, traces, ...database }: World,
  topicId: string,
  since: Position | undefined,
  leaveAfter = Number.POSITIVE_INFINITY,
  mode: Mode = { mode: "all" },
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
    mode,
    loaded: { count: undefined, states: 0, problems: [] },
    items: [],
    subscription: undefined,
    calledAfterEnd: 0,
  };
  traces.push(trace);
  function add(item: TraceItem): void {
    if (!trace.subscription || watcher.isOver) trace.calledAfterEnd++;
    trace.items.push(item);
    if (mode.mode === "load" && item.event) applyToState(trace, item.event, database.server);
    if (trace.items.length < leaveAfter) return;
    const { subscription } = trace;
    trace.subscription = undefined;
    subscription?.();
  }
  const subscription = client.subscribe(topicId, (event) => add({ event }), {
    ...optionsOf(trace, database),
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
