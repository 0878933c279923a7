/**
 * A user who is put out while several SUBSCRIBEs of theirs are at work, and what their connections receive. Each call of a
 * port takes effect after a random time and returns a random time later, and each machine has a clock of its own.
 */
import { resolveConfig } from "../../../packages/pubsub/src/api/config.ts";
import type { Pubsub } from "../../../packages/pubsub/src/api/create-pubsub.ts";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import type { PipelineEvent } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import type { Clock, HandlerPorts, Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import { createPublisher } from "../../../packages/pubsub/src/core/publish/publish.ts";
import { type RevokeRequest, revoke } from "../../../packages/pubsub/src/core/subscriptions/revoke.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import type { Authorize } from "../../../packages/pubsub/src/handlers/authorize.ts";
import { frameSettings, handleWebsocketEvent } from "../../../packages/pubsub/src/handlers/websocket.ts";
import { seededRandom } from "../../chaos/seeded-random.ts";
import { createTestContext, LEASE_MS } from "../../support/fanout-context.ts";
import { collect, consumerOf, DAY_SECONDS } from "../../support/samples.ts";

const LOG_SETTINGS = { retentionSeconds: DAY_SECONDS };
/** No two clocks differ by more than 30 s. Each machine is as far from the middle as it can be, or anywhere between. */
const SKEW_MS = 15_000;
/** A decision this long after a revocation is a later one by every clock, and later than the library's tolerance. */
const LATER_MS = 2 * SKEW_MS + 31_000;

export interface RaceOptions {
  seed: number;
  createSubscriptions(clock: Clock): Subscriptions;
  /** Lets other calls go on. */
  pause(): Promise<void>;
  /** Replaces the port, to show that a fault is found. */
  change?: (subscriptions: Subscriptions) => Partial<Subscriptions>;
}

export interface RaceOutcome {
  /** What kind of race it was, for the test's message. */
  story: string;
  /** How many SUBSCRIBEs were undone by the check after their write. */
  undone: number;
  /** How many subscriptions the revocation removed. */
  removed: number;
  /** What the connections received after everything had come to an end. */
  receivedLater: string[];
  /** The responses to a SUBSCRIBE with the same permission after the revocation. */
  again: unknown[];
  /** What a bystander received later, and what the user received after being let in again. */
  bystander: number;
  letInAgain: { answers: unknown[]; received: number };
}

export async function race({
  seed,
  createSubscriptions,
  pause,
  change = () => ({}),
}: RaceOptions): Promise<RaceOutcome> {
  const random = seededRandom(seed);
  const context = createTestContext({ partSize: 1 });
  const { clock, connections } = context;
  const rows = createSubscriptions(clock);
  const topicId = `room-${seed}-${crypto.randomUUID()}`;
  const userId = `user-${topicId}`;
  const mine = ["a", "b", "c"].map((name) => consumerOf(`${name}-${topicId}=`));
  const bystander = consumerOf(`bystander-${topicId}=`);
  for (const consumer of [...mine, bystander]) connections.open(consumer);
  const byUser = random() < 0.6;
  const byToken = random() < 0.5;
  const onlyTopic = random() < 0.5;
  const story = `seed ${seed}: revoke ${byUser ? "the user" : "each connection"}, ${byToken ? "token" : "hook"}${onlyTopic ? ", one topic" : ""}`;

  const turns = async (): Promise<void> => {
    for (let left = random() * 10; left > 1; left--) {
      clock.advance(Math.floor(random() * 20));
      await pause();
    }
  };
  const slow = async <Value>(act: () => Promise<Value>): Promise<Value> => {
    await turns();
    const value = await act();
    await turns();
    return value;
  };
  const randomSkewMs = (): number => Math.floor(Math.max(-1, Math.min(1, (random() * 2 - 1) * 2)) * SKEW_MS);
  /** The ports of one machine. */
  const machine = (): HandlerPorts => {
    const skewMs = randomSkewMs();
    const changed = { ...rows, ...change(rows) };
    const subscriptions: Subscriptions = {
      put: (row) => slow(() => changed.put(row)),
      remove: (some) => slow(() => changed.remove(some)),
      liveOf: (request) => slow(() => changed.liveOf(request)),
      replace: (row) => slow(() => changed.replace(row)),
      find: (row) => slow(() => changed.find(row)),
      page: (request) => slow(() => changed.page(request)),
      take: (row) => slow(() => changed.take(row)),
      count: (topic) => slow(() => changed.count(topic)),
      markLeft: (left) => slow(() => changed.markLeft(left)),
      leftOf: (topic) => slow(() => changed.leftOf(topic)),
      tickDueAt: (tick) => slow(() => changed.tickDueAt(tick)),
      markTick: (tick) => slow(() => changed.markTick(tick)),
      markActive: (active) => slow(() => changed.markActive(active)),
      standing: (request) => slow(() => changed.standing(request)),
      userRevokedAt: (request) => slow(() => changed.userRevokedAt(request)),
      identify: (connection) => slow(() => changed.identify(connection)),
      forget: (connection) => slow(() => changed.forget(connection)),
      nonceOf: (consumer) => slow(() => changed.nonceOf(consumer)),
      alsoOf: (connection) => slow(() => changed.alsoOf(connection)),
      identityOf: (asked) => slow(() => changed.identityOf(asked)),
      undoIdentify: (connection) => slow(() => changed.undoIdentify(connection)),
      revoke: (revocation) => slow(() => changed.revoke(revocation)),
      markRemoved: (removed) => slow(() => changed.markRemoved(removed)),
      removedFrom: (topic) => slow(() => changed.removedFrom(topic)),
      liveTopicsOf: (request) => slow(() => changed.liveTopicsOf(request)),
      replaceAbandonments: (row, next) => slow(() => changed.replaceAbandonments(row, next)),
      removeUnchanged: (row) => slow(() => changed.removeUnchanged(row)),
      end: (connection) => slow(() => changed.end(connection)),
      async *topicsOf(consumer) {
        yield* await slow(() => collect(changed.topicsOf(consumer)));
      },
      async *connectionsOf(user) {
        yield* await slow(() => collect(changed.connectionsOf(user)));
      },
    };
    return { ...context, subscriptions, clock: { ...clock, now: () => clock.now() + skewMs } };
  };

  let isAllowed = true;
  let issuedAtMs = clock.now() + randomSkewMs();
  clock.advance(Math.floor(random() * 30_000));
  const authorize: Authorize = async () => {
    await turns();
    const allow = byToken || isAllowed;
    await turns();
    if (!allow) return false;
    const issuedAt = byToken ? new Date(issuedAtMs) : undefined;
    return { allow, issuedAt, ...(byUser && { userId }), until: new Date(clock.now() + 7_000_000) };
  };

  async function subscribe(consumer: Consumer, everybody = false): Promise<unknown> {
    const ports = machine();
    const pubsub: Pubsub = {
      config: resolveConfig({ dynamodbTableName: "table" }),
      logSettings: LOG_SETTINGS,
      ports,
      limiterOf: context.limiterOf,
      ...createPublisher(ports, LOG_SETTINGS),
    };
    const options = { config: pubsub.config, authorize: everybody ? ("everybody" as const) : authorize };
    const requestId = `r${Math.floor(random() * 1e9)}`;
    const body = JSON.stringify({ action: "SUBSCRIBE", topicId, requestId });
    const event = { requestContext: { ...consumer, eventType: "MESSAGE" }, body };
    await handleWebsocketEvent(pubsub, frameSettings(options, pubsub), event);
    const answer = connections.received(consumer).find((text) => text.includes(`"requestId":"${requestId}"`));
    return answer && (JSON.parse(answer) as unknown);
  }

  const count = (matches: (line: PipelineEvent) => boolean): number =>
    context.observed.filter(matches).length;
  const publish = (publication: { topicId: string; data: string }): Promise<unknown> =>
    createPublisher(machine(), LOG_SETTINGS).publish(publication);
  /** A worker handles so many batches. The first ones leave parts in the queue. */
  const work = async (batches = Number.POSITIVE_INFINITY): Promise<void> => {
    for (let left = batches; left > 0; left--) {
      const received = context.queue.receive(10, 600_000);
      if (received.length === 0) return;
      const ports = machine();
      const nowMs = ports.clock.now();
      const limits = { deadlineMs: nowMs + 20_000, leaseUntilMs: nowMs + LEASE_MS };
      await handleBatch({ ...context, ...ports, ...limits }, received);
      for (const { id } of received) context.queue.delete(id);
    }
  };
  const eventsOf = (consumer: Consumer): string[] =>
    connections.received(consumer).filter((text) => !text.includes('"type":'));

  await subscribe(bystander, true);
  const revocations = (): RevokeRequest[] =>
    (byUser ? [{ userId }] : mine.map((consumer) => ({ consumer }))).map((of) =>
      onlyTopic ? { ...of, topicId } : of,
    );
  const put = async (): Promise<void> => {
    await turns();
    isAllowed = false;
    for (const request of revocations()) await revoke(machine(), request);
  };
  const later = async (act: () => Promise<unknown>, most = 4): Promise<void> => {
    for (let left = random() * most; left > 1; left--) await turns();
    await act();
  };
  await Promise.all([
    ...[...mine, ...mine.slice(1)].map((consumer) => later(() => subscribe(consumer))),
    // A SUBSCRIBE makes up to six calls: the revocation comes before, between or after them
    later(put, 20),
    ...["1", "2", "3"].map((data) => later(() => publish({ topicId, data }), 15)),
    later(() => work(1), 20),
    later(() => work(1), 20),
  ]);

  // What was under way has ended. Nothing may arrive from now on, neither what still waits in the queue nor anything new
  clock.advance(15_000);
  const before = mine.map((consumer) => eventsOf(consumer).length);
  const bystanderBefore = eventsOf(bystander).length;
  const undone = count((line) => "reason" in line && line.reason.startsWith("access was revoked"));
  await publish({ topicId, data: "later" });
  await work();
  const again = [];
  for (const consumer of mine) again.push(await subscribe(consumer));
  await publish({ topicId, data: "later" });
  await work();
  const receivedLater = mine.flatMap((consumer, index) => eventsOf(consumer).slice(before[index]));
  const afterwards = eventsOf(bystander).slice(bystanderBefore);

  clock.advance(LATER_MS);
  isAllowed = true;
  issuedAtMs = clock.now() + randomSkewMs();
  const answers = [];
  for (const consumer of mine) answers.push(await subscribe(consumer));
  await publish({ topicId, data: "welcome" });
  await work();
  const welcomed = mine.filter((consumer) => eventsOf(consumer).at(-1) === "welcome").length;

  return {
    story,
    undone,
    removed: count(({ event }) => event === "subscription-revoked"),
    receivedLater,
    again,
    bystander: afterwards.filter((text) => text === "later").length,
    letInAgain: { answers, received: welcomed },
  };
}
