import { randomUUID } from "node:crypto";
import { ChangeMessageVisibilityBatchCommand } from "@aws-sdk/client-sqs";
import {
  countDeadLetters,
  getPublicationStatus,
  listDeadLetters,
  listSubscribers,
  type PublicationStatus,
  type PublishResult,
  publishToTopic,
  type RedriveResult,
  redriveDeadLetters,
} from "lambda-websocket-pubsub";
import { createPubsubClient, type PubsubClient } from "lambda-websocket-pubsub-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { startRedriver } from "../support/redriver-process.ts";
import { collect } from "../support/samples.ts";
import { connectSubscribers, type TestSocket } from "../support/sockets.ts";

/** The subscribers are raw WebSockets and clients of the package. Each event has 40 deliveries in four letters. */
const SOCKETS = 32;
const CLIENTS = 8;
const EVENTS = 10;
const CONNECTIONS = SOCKETS + CLIENTS;
const DELIVERIES = CONNECTIONS * EVENTS;
const LETTERS = 4 * EVENTS;

const local = stackForFile(() => ({
  functions: { fanout: functionPath("fanout-one-attempt") },
  // Each event has its own fan-out
  fanout: { batchSize: 1 },
}));

/** Publishes while every post fails, until all deliveries are abandoned. */
async function publishInVain(topicId: string, count: number): Promise<PublishResult[]> {
  const endFault = local.stack.faults.post({ answer: { status: 500 } });
  const publications: PublishResult[] = [];
  for (let n = 0; n < count; n++) {
    publications.push(await publishToTopic({ topicId, data: randomUUID(), config: local.config }));
  }
  await fanoutIdle(local);
  endFault();
  return publications;
}

const statuses = (publications: readonly PublishResult[]): Promise<PublicationStatus[]> =>
  Promise.all(
    publications.map(({ topicId, epoch, offset }) =>
      getPublicationStatus({ topicId, epoch, offset, config: local.config }),
    ),
  );
const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
const abandoned = async (publications: readonly PublishResult[]): Promise<number> =>
  sum((await statuses(publications)).map((status) => status.abandoned));
const letters = (): ReturnType<typeof countDeadLetters> => countDeadLetters({ config: local.config });
const redrive = (): Promise<RedriveResult> => redriveDeadLetters({ config: local.config });

describe("400 abandoned deliveries", () => {
  const topicId = randomUUID();
  const published: string[] = [];
  let sockets: TestSocket[];
  let clients: PubsubClient[];
  const seen = Array.from({ length: CLIENTS }, (): number[] => []);

  beforeAll(async () => {
    sockets = await connectSubscribers(local.stack, topicId, SOCKETS);
    // The clients may detect the gap and ask for the events. That fails during the fault
    const options = { url: local.stack.websocketUrl, webSocket: WebSocket, onError: () => {} };
    clients = seen.map(() => createPubsubClient(options));
    await Promise.all(
      clients.map((client, n) => client.subscribe(topicId, ({ offset }) => seen[n]?.push(offset)).ready),
    );
    await eventually(async () => {
      expect(await collect(listSubscribers({ topicId, config: local.config }))).toHaveLength(CONNECTIONS);
    });
  });
  afterAll(() => {
    for (const client of clients) client.close();
  });

  async function publishAndAbandonAll(): Promise<PublishResult[]> {
    const arrived = sockets.map(({ received }) => received.length);
    const publications = await publishInVain(topicId, EVENTS);
    expect(sockets.map(({ received }) => received.length)).toEqual(arrived);
    expect(await abandoned(publications)).toBe(DELIVERIES);
    expect(await letters()).toEqual({ visible: LETTERS, held: 0 });
    return publications;
  }

  /** Asserts that every consumer has received every event once, and the clients in order. */
  async function everythingArrived(publications: readonly PublishResult[]): Promise<void> {
    await fanoutIdle(local);
    expect(await letters()).toEqual({ visible: 0, held: 0 });
    for (const { state, delivered, abandoned } of await statuses(publications)) {
      expect({ state, delivered, abandoned }).toEqual({
        state: "complete",
        delivered: CONNECTIONS,
        abandoned: 0,
      });
    }
    await Promise.all(sockets.map((socket) => socket.settle()));
    const ids = publications.map(({ publicationId }) => publicationId);
    published.push(...ids);
    for (const { received } of sockets) {
      expect(received).toHaveLength(published.length);
      expect(new Set(received).size).toBe(published.length);
    }
    const offsets = published.map((_, index) => index + 1);
    await eventually(() => expect(seen).toEqual(seen.map(() => offsets)));
  }

  it("are listed with their reasons, and a redrive after the fault delivers each of them once", async () => {
    const publications = await publishAndAbandonAll();
    const listed = await collect(listDeadLetters({ config: local.config }));
    expect(listed).toHaveLength(LETTERS);
    for (const letter of listed) {
      expect(letter).toMatchObject({ code: "DELIVERY_ABANDONED", attempts: 1, topicId });
      expect(letter.reason).toMatch(/^500\b/);
      expect(letter).toHaveProperty("consumers.length", CONNECTIONS / 4);
    }
    expect(await letters()).toEqual({ visible: LETTERS, held: 0 });
    expect(await redrive()).toMatchObject({ found: LETTERS, redriven: LETTERS, consumers: DELIVERIES });
    await everythingArrived(publications);
  });

  it("are delivered once each when a redrive is killed half-way and two others then run at once", async () => {
    const publications = await publishAndAbandonAll();
    const killed = startRedriver(local.stack.env, { pauseAt: 1 });
    const receipts = await killed.sent;
    await killed.kill();
    await fanoutIdle(local);
    expect(await letters()).toEqual({ visible: LETTERS - 20, held: 10 });
    expect(await abandoned(publications)).toBe(DELIVERIES / 2);
    await showAgain(receipts);

    // Neither redrive hides dead letters from the other one
    const both = [0, 1].map(() => startRedriver(local.stack.env, { pauseAt: 0, holdSeconds: 0 }));
    await Promise.all(both.map(({ sent }) => sent));
    for (const { goOn } of both) goOn();
    const results = await Promise.all(both.map(({ result }) => result));
    await eventually(async () => {
      results.push(await redrive());
      expect(await letters()).toEqual({ visible: 0, held: 0 });
    });
    expect(sum(results.map(({ redriven }) => redriven))).toBeGreaterThanOrEqual(LETTERS - 10);
    await everythingArrived(publications);
  });

  /**
   * Makes the letters visible at once. Without this, they are visible when the hold of the killed redrive has expired.
   */
  async function showAgain(receipts: readonly string[]): Promise<void> {
    expect(receipts).toHaveLength(10);
    const { Failed } = await local.sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: local.stack.deadLetterQueueUrl,
        Entries: receipts.map((ReceiptHandle, n) => ({ Id: String(n), ReceiptHandle, VisibilityTimeout: 0 })),
      }),
    );
    expect(Failed ?? []).toEqual([]);
  }
});

describe("a dead letter", () => {
  it("is dropped and counted by a redrive for consumers that have left in the meantime", async () => {
    const [kept, left] = [randomUUID(), randomUUID()];
    const sockets = await connectSubscribers(local.stack, kept, 4);
    for (const socket of sockets) await socket.request({ action: "SUBSCRIBE", topicId: left });
    await eventually(async () => {
      expect(await collect(listSubscribers({ topicId: left, config: local.config }))).toHaveLength(4);
    });
    const publications = [...(await publishInVain(kept, 1)), ...(await publishInVain(left, 1))];
    const [leaver, ...others] = sockets;
    await leaver?.request({ action: "UNSUBSCRIBE", topicId: kept });
    for (const socket of sockets) await socket.request({ action: "UNSUBSCRIBE", topicId: left });
    expect(await redrive()).toMatchObject({
      found: 2,
      redriven: 1,
      unsubscribed: 1,
      consumers: 3,
      dropped: 5,
    });
    await fanoutIdle(local);
    await Promise.all(sockets.map((socket) => socket.settle()));
    expect(leaver?.received).toEqual([]);
    for (const { received } of others) expect(received).toHaveLength(1);
    expect((await statuses(publications)).map(({ delivered, abandoned }) => [delivered, abandoned])).toEqual([
      [3, 1],
      [0, 4],
    ]);
  });

  it("returns to the dead-letter queue with its attempts and the new reason if its redrive fails too", async () => {
    const topicId = randomUUID();
    const [socket] = await connectSubscribers(local.stack, topicId, 1);
    await eventually(async () => {
      expect(await collect(listSubscribers({ topicId, config: local.config }))).toHaveLength(1);
    });
    const publications = await publishInVain(topicId, 1);
    const endFault = local.stack.faults.post({ answer: { status: 503 } });
    expect(await redriveDeadLetters({ config: local.config, max: 1 })).toMatchObject({ redriven: 1 });
    await fanoutIdle(local);
    endFault();
    const [letter, ...others] = await collect(listDeadLetters({ config: local.config }));
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ code: "DELIVERY_ABANDONED", attempts: 1, topicId });
    expect(letter?.reason).toMatch(/^503\b/);
    expect(await redrive()).toMatchObject({ found: 1, redriven: 1 });
    await fanoutIdle(local);
    await socket?.settle();
    expect(socket?.received).toHaveLength(1);
    expect(await abandoned(publications)).toBe(0);
  });
});
