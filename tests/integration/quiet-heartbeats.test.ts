/**
 * What a heartbeat reads, by the local stack's meter. 100 quiet topics used to cost 104 units in each process, and 3,300
 * with last events of 128 KB.
 */
import { randomUUID } from "node:crypto";
import {
  type Consumer,
  listSubscribers,
  type Position,
  publishToTopic,
  subscribeToTopic,
} from "lambda-websocket-pubsub";
import { subtractUsage } from "lambda-websocket-pubsub-local";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { collect } from "../support/samples.ts";
import { connect, type Frame, type TestSocket } from "../support/sockets.ts";

const local = stackForFile(() => ({ websocket: { maximumConcurrency: 1 } }));

interface Metered {
  answer: Frame;
  readUnits: number;
  writeUnits: number;
}

async function metered(client: TestSocket, frame: Frame): Promise<Metered> {
  const before = local.stack.usage();
  const answer = await client.request(frame);
  const { readUnits, writeUnits } = subtractUsage(local.stack.usage(), before).dynamodb;
  return { answer, readUnits, writeUnits };
}

async function consumerOf(client: TestSocket): Promise<Consumer> {
  const topicId = randomUUID();
  await client.request({ action: "SUBSCRIBE", topicId });
  return eventually(async () => {
    const [consumer] = await collect(listSubscribers({ topicId, config: local.config }));
    if (!consumer) throw new Error("the index does not show the subscription yet");
    return consumer;
  });
}

it("reads and writes nothing for a PING without topics, also on a connection that has some", async () => {
  const client = await connect(local.stack);
  await client.request({ action: "SUBSCRIBE", topicId: randomUUID(), format: "event" });
  for (let pings = 0; pings < 3; pings++) {
    const { answer, ...units } = await metered(client, { action: "PING" });
    expect(answer.type).toBe("PONG");
    expect(units).toEqual({ readUnits: 0, writeUnits: 0 });
  }
});

it.each([
  ["of a few bytes", 10],
  ["of 128 KB", 128_000],
])(
  "reads at most 60 units for 100 topics whose ends the process has not read, and then at most 10: last events %s",
  { timeout: 240_000 },
  async (_, characters) => {
    const client = await connect(local.stack);
    const consumer = await consumerOf(client);
    const positions: Record<string, Position> = {};
    // The back end's process subscribes, so that the websocket function has not read the topics
    for (let n = 0; n < 100; n++) {
      const topicId = `quiet-${n}-${randomUUID()}`;
      // An event of 128 KB is to take as much in its row
      const config = { ...local.config, compressEvents: false };
      await publishToTopic({ topicId, data: "x".repeat(characters), config });
      const { epoch, offset } = await subscribeToTopic({
        consumer,
        topicId,
        format: "event",
        config: local.config,
      });
      positions[topicId] = { epoch, offset };
    }
    await fanoutIdle(local);
    const expected = Object.entries(positions).map(([topicId, at]) => [topicId, { ...at, recovered: true }]);
    const ping = { action: "PING", positions };
    const cold = await metered(client, ping);
    expect(cold.answer.positions).toEqual(Object.fromEntries(expected));
    expect(cold.readUnits).toBeLessThanOrEqual(60);
    // The brake's account of large messages, which begins: decision 19
    expect(cold.writeUnits).toBe(2);
    // An end counts for a second: on a machine that is too busy, another pair of PINGs has to come
    await eventually(async () => {
      await metered(client, ping);
      const warm = await metered(client, ping);
      expect(warm.answer.positions).toEqual(Object.fromEntries(expected));
      expect(warm.readUnits).toBeLessThanOrEqual(10);
    });
  },
);
