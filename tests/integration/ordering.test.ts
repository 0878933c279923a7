import { randomUUID } from "node:crypto";
import { type PublishResult, publishToTopic, readTopicEvents } from "lambda-websocket-pubsub";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { startPublisher } from "../support/publisher-process.ts";
import { collect } from "../support/samples.ts";
import { connectSubscriber, eventsIn } from "../support/sockets.ts";

const local = stackForFile();

const firstOffsets = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe("two processes that publish to one topic", () => {
  it.each([
    ["50 events each, one by one", 50, 1],
    ["200 events each, 50 at once", 200, 50],
  ])("gives offsets without a hole, all delivered, to %s", async (_, each, atOnce) => {
    const topicId = randomUUID();
    const socket = await connectSubscriber(local.stack, topicId, "event");
    const publishers = await Promise.all([startPublisher(local.stack.env), startPublisher(local.stack.env)]);
    const outcomes = await Promise.all(
      publishers.map((publisher, producer) => {
        const requests = firstOffsets(each).map((number) => ({ topicId, data: { producer, number } }));
        return publisher.publish(requests, atOnce);
      }),
    );
    const published = outcomes.map((ofOne) =>
      ofOne.map((outcome) => (outcome.ok ? outcome.offset : outcome)),
    );
    expect(published.flat().toSorted((a, b) => Number(a) - Number(b))).toEqual(firstOffsets(2 * each));
    // A publish that began after another one resolved has the higher offset
    if (atOnce === 1) for (const offsets of published) expect(offsets).toEqual(offsets.toSorted(ascending));

    const events = await collect(readTopicEvents({ topicId, config: local.config }));
    expect(events.map(({ offset }) => offset)).toEqual(firstOffsets(2 * each));
    expect(new Set(events.map(({ epoch }) => epoch)).size).toBe(1);
    for (const { offset, data } of events) {
      const { producer, number } = data as { producer: number; number: number };
      expect(published[producer]?.[number - 1]).toBe(offset);
    }

    await eventually(() => {
      const seen = new Map(eventsIn(socket.received).map(({ offset, data }) => [offset, data]));
      expect([...seen.keys()].toSorted(ascending)).toEqual(firstOffsets(2 * each));
      for (const { offset, data } of events) expect(seen.get(offset)).toEqual(data);
    });
    for (const frame of socket.received) {
      const offsets = eventsIn([frame]).map(({ offset }) => offset);
      expect(offsets).toEqual(offsets.toSorted(ascending));
    }
  });
});

describe("a log that has expired entirely", () => {
  it("continues at offset 1 of a new epoch that is later than the old one", async () => {
    const topicId = randomUUID();
    const config = { ...local.config, eventRetentionSeconds: 5 };
    const socket = await connectSubscriber(local.stack, topicId, "event");
    const publish = (data: unknown): Promise<PublishResult> => publishToTopic({ topicId, data, config });
    const before = [await publish("a"), await publish("b")];
    expect(before.map(({ offset }) => offset)).toEqual([1, 2]);
    await eventually(async () => {
      expect(await collect(readTopicEvents({ topicId, config }))).toEqual([]);
    });
    const after = [await publish("c"), await publish("d")];
    expect(after.map(({ offset }) => offset)).toEqual([1, 2]);
    const [first, second] = [before[0]?.epoch ?? "", after[0]?.epoch ?? ""];
    expect(second > first, `${second} after ${first}`).toBe(true);
    expect(after[1]?.epoch).toBe(second);
    await eventually(() => {
      const events = eventsIn(socket.received).toSorted(byPosition);
      expect(events).toEqual([
        { epoch: first, offset: 1, data: "a" },
        { epoch: first, offset: 2, data: "b" },
        { epoch: second, offset: 1, data: "c" },
        { epoch: second, offset: 2, data: "d" },
      ]);
    });
  });
});

const ascending = (a: unknown, b: unknown): number => Number(a) - Number(b);

interface Place {
  epoch: string;
  offset: number;
}

const byPosition = (a: Place, b: Place): number =>
  a.epoch === b.epoch ? a.offset - b.offset : a.epoch < b.epoch ? -1 : 1;
