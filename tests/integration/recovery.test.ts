import { randomUUID } from "node:crypto";
import { publishToTopic } from "lambda-websocket-pubsub";
import { SPENDING_KEY } from "lambda-websocket-pubsub/schema";
import type { CallSubject } from "lambda-websocket-pubsub-local";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { connect, connectSubscriber, eventsIn, type Frame, type TestSocket } from "../support/sockets.ts";

const local = stackForFile();

const offsetsOf = ({ received }: TestSocket): number[] => eventsIn(received).map(({ offset }) => offset);

async function publish(topicId: string, count: number): Promise<{ epoch: string; offset: number }> {
  let last = { epoch: "", offset: 0 };
  for (let n = 0; n < count; n++) {
    last = await publishToTopic({ topicId, data: { n }, config: local.config });
  }
  // The events that arrive later must be a replay, not this fan-out
  await fanoutIdle(local);
  return { epoch: last.epoch, offset: last.offset };
}

describe("a client that comes back", () => {
  it("receives the events that it missed, and the ones that follow", async () => {
    const topicId = randomUUID();
    const { epoch } = await publish(topicId, 5);
    const client = await connect(local.stack);
    const since = { epoch, offset: 2 };
    const answer = await client.request({ action: "SUBSCRIBE", topicId, format: "event", since });
    expect(answer).toMatchObject({ type: "SUBSCRIBED", topicId, epoch, offset: 5, recovered: true });
    await eventually(() => expect(offsetsOf(client)).toEqual([3, 4, 5]));
    await publish(topicId, 1);
    await eventually(() => expect(offsetsOf(client)).toEqual([3, 4, 5, 6]));
  });

  it("learns that its history is gone, and the topic's position", async () => {
    const topicId = randomUUID();
    const { epoch, offset } = await publish(topicId, 3);
    const client = await connect(local.stack);
    const since = { epoch: "000000001", offset: 2 };
    const answer = await client.request({ action: "SUBSCRIBE", topicId, format: "event", since });
    expect(answer).toMatchObject({ epoch, offset, recovered: false });
    await client.settle();
    expect(client.received).toEqual([]);
  });

  it("misses no event of a topic that had no events when it subscribed", async () => {
    const topicId = randomUUID();
    const early = await connect(local.stack);
    const { epoch, offset } = await early.request({ action: "SUBSCRIBE", topicId, format: "event" });
    expect(offset).toBe(0);
    await publish(topicId, 2);
    const back = await connect(local.stack);
    const answer = await back.request({
      action: "SUBSCRIBE",
      topicId,
      format: "event",
      since: { epoch, offset },
    });
    expect(answer).toMatchObject({ epoch, offset: 2, recovered: true });
    await eventually(() => expect(offsetsOf(back)).toEqual([1, 2]));
  });
});

describe("a heartbeat with positions", () => {
  it("delivers an event whose post was lost", async () => {
    const topicId = randomUUID();
    const client = await connectSubscriber(local.stack, topicId, "event");
    const lost = local.stack.faults.post({ times: 2, act: "lose-frame" });
    const { epoch } = await publish(topicId, 2);
    lost();
    await client.settle();
    expect(client.received).toEqual([]);
    const positions = { [topicId]: { epoch, offset: 0 } };
    const pong = await client.request({ action: "PING", positions });
    expect(pong).toMatchObject({
      type: "PONG",
      positions: { [topicId]: { epoch, offset: 2, recovered: true } },
    });
    await eventually(() => expect(offsetsOf(client)).toEqual([1, 2]));
    const still = await client.request({ action: "PING", positions: { [topicId]: { epoch, offset: 2 } } });
    expect(still).toMatchObject({ positions: { [topicId]: { offset: 2, recovered: true } } });
    await client.settle();
    expect(offsetsOf(client)).toEqual([1, 2]);
  });

  it("returns nothing about topics to which the client is not subscribed", async () => {
    const topicId = randomUUID();
    const { epoch } = await publish(topicId, 2);
    const stranger = await connect(local.stack);
    const pong = await stranger.request({ action: "PING", positions: { [topicId]: { epoch, offset: 0 } } });
    expect(pong.positions).toEqual({ [topicId]: { subscribed: false } });
    await stranger.settle();
    expect(stranger.received).toEqual([]);
  });

  // Each topic used to cost two to four calls, one after the other
  it("queries the connection's rows once for 100 topics, also while DynamoDB is slow", async () => {
    const client = await connect(local.stack);
    const positions: Record<string, object> = {};
    for (let n = 0; n < 100; n++) {
      const topicId = `${randomUUID()}-${n}`;
      const { epoch, offset } = await client.request({ action: "SUBSCRIBE", topicId });
      positions[topicId] = { epoch, offset };
    }
    const ofConnection: string[] = [];
    const match = ({ operation, body }: CallSubject): boolean => {
      const text = JSON.stringify(body);
      // After 100 SUBSCRIBEs the connection is busy, so that the brake counts what it costs
      const isBrake = text.includes(`"${SPENDING_KEY.all}`);
      if (text.includes('"consumer#') && !isBrake) ofConnection.push(operation);
      return true;
    };
    onTestFinished(local.stack.faults.dynamodb({ match, delayMs: 10 }));
    const known: Frame = {};
    let pings = 0;
    await eventually(async () => {
      pings += 1;
      const pong = await client.request({ action: "PING", positions });
      Object.assign(known, pong.positions);
      // On a very busy machine one PING may not have the time for all of them
      expect(Object.keys(known)).toHaveLength(100);
    });
    for (const [topicId, position] of Object.entries(positions)) {
      expect(known[topicId]).toEqual({ ...position, recovered: true });
    }
    expect(ofConnection).toEqual(Array(pings).fill("Query"));
  });

  it("gets its PONG, with the other topics, while the end of one topic can't be read", async () => {
    const [stuck, fine] = [randomUUID(), randomUUID()];
    const client = await connectSubscriber(local.stack, stuck);
    const { epoch, offset } = await client.request({ action: "SUBSCRIBE", topicId: fine });
    const match = ({ body }: CallSubject): boolean => JSON.stringify(body).includes(`"topic#${stuck}"`);
    onTestFinished(local.stack.faults.dynamodb({ match, act: "hang" }));
    const positions = { [stuck]: { epoch: "000000000", offset: 0 }, [fine]: { epoch, offset } };
    const pong = await client.request({ action: "PING", positions });
    expect(pong).toMatchObject({ type: "PONG", positions: { [fine]: { epoch, offset, recovered: true } } });
    expect(pong.positions).not.toHaveProperty([stuck]);
  });
});
