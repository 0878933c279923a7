/** Wraps the ports of one process: every call takes time, can fail, and can kill the process. */
import type { Ports } from "../../../packages/pubsub/src/core/ports.ts";
import { collect } from "../samples.ts";

/** Wraps one call to a port. `partly`, where given, does half of the call. */
export type Door = <Result>(call: () => Promise<Result>, partly?: () => Promise<unknown>) => Promise<Result>;

export interface DoorOptions {
  clock: Ports["clock"];
  /** Returns false after the process has died. Nothing that it had begun continues. */
  isAlive(): boolean;
  /** Decides how a call ends. */
  fate(): "fine" | "crash" | "error";
  crash(): void;
}

const LATENCY_MS = 30;
const never = <Result>(): Promise<Result> => new Promise(() => {});

export function createDoor({ clock, isAlive, fate, crash }: DoorOptions): Door {
  const latency = (): Promise<void> => clock.sleep(Math.ceil(clock.random() * LATENCY_MS));
  return async (call, partly = call) => {
    await latency();
    if (!isAlive()) return never();
    const end = fate();
    if (end === "crash") {
      if (clock.random() < 0.5) await (clock.random() < 0.5 ? call() : partly());
      crash();
      return never();
    }
    if (end === "error") {
      if (clock.random() < 0.5) await (clock.random() < 0.5 ? call() : partly());
      throw new Error("an injected fault makes the port fail");
    }
    const result = await call();
    await latency();
    return isAlive() ? result : never();
  };
}

/** Returns the ports behind a door. `postDoor` is for posts, which do not throw. */
export function portsThrough(
  door: Door,
  postDoor: Door,
  { log, subscriptions, connections, queue, ledger, clock, observe }: Ports,
): Ports {
  return {
    clock,
    observe,
    log: {
      tail: (topicId) => door(() => log.tail(topicId)),
      append: (request) => door(() => log.append(request)),
      openEpoch: (request) => door(() => log.openEpoch(request)),
      newest: (request) => door(() => log.newest(request)),
      async *read(request) {
        yield* await door(() => collect(log.read(request)));
      },
    },
    subscriptions: {
      standing: (request) => door(() => subscriptions.standing(request)),
      userRevokedAt: (request) => door(() => subscriptions.userRevokedAt(request)),
      identify: (connection) => door(() => subscriptions.identify(connection)),
      forget: (connection) => door(() => subscriptions.forget(connection)),
      nonceOf: (consumer) => door(() => subscriptions.nonceOf(consumer)),
      alsoOf: (connection) => door(() => subscriptions.alsoOf(connection)),
      identityOf: (consumer) => door(() => subscriptions.identityOf(consumer)),
      undoIdentify: (connection) => door(() => subscriptions.undoIdentify(connection)),
      revoke: (revocation) => door(() => subscriptions.revoke(revocation)),
      markRemoved: (removed) => door(() => subscriptions.markRemoved(removed)),
      removedFrom: (topicId) => door(() => subscriptions.removedFrom(topicId)),
      end: (connection) => door(() => subscriptions.end(connection)),
      async *connectionsOf(userId) {
        yield* await door(() => collect(subscriptions.connectionsOf(userId)));
      },
      put: (subscription) => door(() => subscriptions.put(subscription)),
      replace: (subscription) => door(() => subscriptions.replace(subscription)),
      find: (subscription) => door(() => subscriptions.find(subscription)),
      liveOf: (request) => door(() => subscriptions.liveOf(request)),
      remove: (some) => door(() => subscriptions.remove(some)),
      page: (request) => door(() => subscriptions.page(request)),
      take: (subscription) => door(() => subscriptions.take(subscription)),
      count: (topicId) => door(() => subscriptions.count(topicId)),
      markLeft: (left) => door(() => subscriptions.markLeft(left)),
      leftOf: (topicId) => door(() => subscriptions.leftOf(topicId)),
      tickDueAt: (tick) => door(() => subscriptions.tickDueAt(tick)),
      markTick: (tick) => door(() => subscriptions.markTick(tick)),
      markActive: (active) => door(() => subscriptions.markActive(active)),
      replaceAbandonments: (read, next) => door(() => subscriptions.replaceAbandonments(read, next)),
      removeUnchanged: (read) => door(() => subscriptions.removeUnchanged(read)),
      liveTopicsOf: (request) => door(() => subscriptions.liveTopicsOf(request)),
      async *topicsOf(consumer) {
        yield* await door(() => collect(subscriptions.topicsOf(consumer)));
      },
    },
    connections: { post: (consumer, frame) => postDoor(() => connections.post(consumer, frame)) },
    queue: {
      durable: queue.durable,
      deadLetter: (body, reason) => door(() => queue.deadLetter(body, reason)),
      send: (messages) =>
        door(
          () => queue.send(messages),
          () => queue.send(messages.filter(() => clock.random() < 0.5)),
        ),
    },
    ledger: {
      claim: (request) => door(() => ledger.claim(request)),
      plan: (request) => door(() => ledger.plan(request)),
      settle: (request) => door(() => ledger.settle(request)),
      settleRun: (request) => door(() => ledger.settleRun(request)),
      doneInRuns: (request) => door(() => ledger.doneInRuns(request)),
      abandon: (request) => door(() => ledger.abandon(request)),
      async *rows(publication) {
        yield* await door(() => collect(ledger.rows(publication)));
      },
    },
  };
}
