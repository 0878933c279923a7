/** A connection that published by PUBLISH has its event already, from the response. The fan-out leaves it out. */
import { describe, expect, it } from "vitest";
import { redrive } from "../../../packages/pubsub/src/core/dead-letters/redrive.ts";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import { createPublisher } from "../../../packages/pubsub/src/core/publish/publish.ts";
import { REDRIVE_ALL } from "../../support/dead-letter-world.ts";
import { drainQueue, nextInvocation } from "../../support/drain-queue.ts";
import { consumerOf } from "../../support/samples.ts";
import { type Options, SETTINGS, TOPIC, type World, world } from "./echoes-support.ts";

describe("the event of a client's publication", () => {
  const formats = { publisher: "event", other: "event", bare: "data" } as const;

  it.each(["queue", "parts", "inline", "in process"] as const)(
    "is posted to every subscriber but its publisher's subscription of the format event: %s",
    async (path) => {
      const used = await world({ formats, path });
      await used.publishAs("publisher", "hello");
      await drainQueue(used);
      expect([used.received("publisher"), used.received("other")]).toEqual([[], [[1]]]);
      expect(used.connections.received(consumerOf("bare"))).toEqual(["hello"]);
      expect(await used.statusOf(1)).toMatchObject({
        state: "complete",
        delivered: 2,
        gone: 0,
        abandoned: 0,
      });
    },
  );

  it.each(["queue", "parts", "inline", "in process"] as const)(
    "is posted to its publisher's subscription of the format data, which has no offsets: %s",
    async (path) => {
      const used = await world({ formats: { ...formats, publisher: "data" }, path });
      await used.publishAs("publisher", "hello");
      await drainQueue(used);
      expect(used.connections.received(consumerOf("publisher"))).toEqual(["hello"]);
      expect(await used.statusOf(1)).toMatchObject({ state: "complete", delivered: 3 });
    },
  );

  it("is posted to nobody if the publisher is the only subscriber, and its fan-out is complete", async () => {
    const used = await world({ formats: { publisher: "event" } });
    await used.publishAs("publisher", 1);
    await drainQueue(used);
    expect(used.received("publisher")).toEqual([]);
    expect(await used.statusOf(1)).toMatchObject({ state: "complete", delivered: 0, abandoned: 0 });
  });

  it("is posted to its publisher if the publication is a repeated one, of which nothing was queued", async () => {
    const used = await world({ formats });
    await used.publishAs("publisher", 1, "p");
    // The process died before it had queued the message
    for (const { id } of used.queue.receive(10, 1_000)) used.queue.delete(id);
    const { publish: elsewhere } = createPublisher(used, SETTINGS);
    const client = { consumer: consumerOf("publisher"), isEchoed: true };
    const again = await elsewhere({ topicId: TOPIC, data: 1, publicationId: "p", client });
    expect(again).toMatchObject({ offset: 1, duplicate: true });
    await drainQueue(used);
    expect(used.received("publisher")).toEqual([[1]]);
  });

  it("is posted to its publisher if a message of the repeated publication is handled with the first one", async () => {
    const used = await world({ formats });
    await used.publishAs("publisher", 1, "p");
    const { publish: elsewhere } = createPublisher(used, SETTINGS);
    await elsewhere({ topicId: TOPIC, data: 1, publicationId: "p" });
    used.clock.advance(60_000);
    const messages = used.queue.receive(10, 1_000);
    expect(messages).toHaveLength(2);
    await handleBatch(nextInvocation(used), messages);
    expect([used.received("publisher"), used.received("other")]).toEqual([[[1]], [[1]]]);
  });

  it("is left out for its publisher also in a later step, which another invocation does", async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `c${index}`);
    // A step is ten consumers
    const used = await world({ path: "parts", formats: Object.fromEntries(ids.map((id) => [id, "event"])) });
    for (const id of ids) {
      await used.publishAs(id, id);
      const messages = used.queue.receive(1, 1_000);
      // The time is over after the first step
      await handleBatch({ ...nextInvocation(used), deadlineMs: used.clock.now() }, messages);
      for (const message of messages) used.queue.delete(message.id);
      await drainQueue(used);
    }
    for (const [index, id] of ids.entries()) {
      const others = ids.map((_, other) => other + 1).filter((offset) => offset !== index + 1);
      expect(used.received(id).flat()).toEqual(others);
    }
  });

  it("reaches the connection that repeats the publication, and not the one that published first", async () => {
    const used = await world({ formats: { first: "event", second: "event" } });
    await used.publishAs("first", 1, "p");
    expect(await used.publishAs("second", 1, "p")).toMatchObject({ offset: 1, duplicate: true });
    await drainQueue(used);
    expect([used.received("first"), used.received("second")]).toEqual([[], [[1]]]);
  });
});

describe("events that are posted together", () => {
  /** Two clients and a back end publish in turns, and one worker receives all three messages. */
  async function together(options: Partial<Options> = {}): Promise<World> {
    const used = await world({ formats: { ada: "event", bob: "event", eve: "event" }, ...options });
    await used.publishAs("ada", 1);
    await used.publishAs("bob", 2);
    await used.publish({ topicId: TOPIC, data: 3 });
    const messages = used.queue.receive(10, 1_000);
    expect(messages).toHaveLength(3);
    await handleBatch(nextInvocation(used), messages);
    for (const { id } of messages) used.queue.delete(id);
    return used;
  }

  it.each(["queue", "parts"] as const)(
    "reach each publisher in one message, without its own: %s",
    async (path) => {
      const used = await together({ path });
      await drainQueue(used);
      expect(["ada", "bob", "eve"].map(used.received)).toEqual([[[2, 3]], [[1, 3]], [[1, 2, 3]]]);
      for (const [offset, delivered] of [2, 2, 3].entries()) {
        expect(await used.statusOf(offset + 1)).toMatchObject({ state: "complete", delivered });
      }
    },
  );

  it("reach a publisher without its own event too when the first post failed", async () => {
    const failed = new Set<string>();
    const used = await together({
      answer(id) {
        if (failed.has(id)) return undefined;
        failed.add(id);
        return { outcome: "failed", retryable: true, reason: "no answer", kind: "no-answer" };
      },
    });
    expect(used.received("ada")).toEqual([]);
    await drainQueue(used);
    expect(["ada", "bob", "eve"].map(used.received)).toEqual([[[2, 3]], [[1, 3]], [[1, 2, 3]]]);
    for (const [offset, delivered] of [2, 2, 3].entries()) {
      expect(await used.statusOf(offset + 1)).toMatchObject({ state: "complete", delivered });
    }
  });

  it("count as abandoned only for those that were to get them, and a redrive leaves the publisher's own out", async () => {
    let isBroken = true;
    const used = await together({
      maxAttempts: 1,
      answer: () => (isBroken ? { outcome: "failed", retryable: false, reason: "413" } : undefined),
    });
    await drainQueue(used);
    for (const [offset, abandoned] of [2, 2, 3].entries()) {
      expect(await used.statusOf(offset + 1)).toMatchObject({ state: "complete", delivered: 0, abandoned });
    }
    isBroken = false;
    await redrive(used, REDRIVE_ALL);
    await drainQueue(used);
    expect(["ada", "bob", "eve"].map(used.received)).toEqual([[[2, 3]], [[1, 3]], [[1, 2, 3]]]);
    for (const [offset, delivered] of [2, 2, 3].entries()) {
      expect(await used.statusOf(offset + 1)).toMatchObject({ state: "complete", delivered, abandoned: 0 });
    }
  });

  it("wait for nobody after the last one if only its publisher is left", async () => {
    const used = await world({ formats: { ada: "event" }, answer: () => undefined });
    await used.publish({ topicId: TOPIC, data: 1 });
    await used.publishAs("ada", 2);
    const isDown: PostResult = { outcome: "failed", retryable: true, reason: "no answer", kind: "no-answer" };
    const broken = { ...used, connections: { ...used.connections, post: async () => isDown } };
    const messages = used.queue.receive(10, 1_000);
    await handleBatch(nextInvocation(broken), messages);
    for (const { id } of messages) used.queue.delete(id);
    used.clock.advance(60_000);
    const [redelivery] = used.queue.receive(10, 0);
    expect(JSON.parse(redelivery?.body ?? "{}")).toMatchObject({ kind: "redelivery", offsets: [1] });
    await drainQueue(used);
    expect(used.received("ada")).toEqual([[1]]);
    expect(await used.statusOf(1)).toMatchObject({ state: "complete", delivered: 1 });
    expect(await used.statusOf(2)).toMatchObject({ state: "complete", delivered: 0 });
  });
});

describe("a deployment", () => {
  // A worker of the version before knows no echoes: the client drops an event that it has
  it("posts the event to its publisher too if the message went through a worker that ignores the list", async () => {
    const used = await world({ formats: { ada: "event", bob: "event" } });
    await used.publishAs("ada", 1);
    const [message] = used.queue.receive(1, 1_000);
    const { echoes, ...older } = JSON.parse(message?.body ?? "{}") as Record<string, unknown>;
    const { domainName, stage, connectionId } = consumerOf("ada");
    expect(echoes).toEqual([[1, domainName, stage, connectionId]]);
    expect(older).toMatchObject({ v: 1, kind: "page", offsets: [1] });
    await handleBatch(nextInvocation(used), [{ id: "m", receiveCount: 1, body: JSON.stringify(older) }]);
    expect([used.received("ada"), used.received("bob")]).toEqual([[[1]], [[1]]]);
  });

  it("sends the message that it always sent for a publication of a back end", async () => {
    const used = await world({ formats: { ada: "event" } });
    await used.publish({ topicId: TOPIC, data: 1 });
    const [message] = used.queue.receive(1, 1_000);
    expect(Object.keys(JSON.parse(message?.body ?? "{}") as object)).toEqual([
      "v",
      "kind",
      "topicId",
      "epoch",
      "offsets",
      "events",
      "page",
    ]);
  });
});
