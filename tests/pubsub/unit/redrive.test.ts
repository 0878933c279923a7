import { beforeEach, describe, expect, it } from "vitest";
import type { DeadDelivery } from "../../../packages/pubsub/src/core/dead-letters/dead-letter.ts";
import {
  emptyResult,
  type RedriveResult,
} from "../../../packages/pubsub/src/core/dead-letters/redrive-result.ts";
import { encodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { createDeadLetterWorld, type DeadLetterWorld } from "../../support/dead-letter-world.ts";
import { consumerOf, eventToAppend, storedEvent } from "../../support/samples.ts";

const result = (changes: Partial<RedriveResult>): RedriveResult => ({ ...emptyResult(), ...changes });

let world: DeadLetterWorld;
beforeEach(() => {
  world = createDeadLetterWorld();
});

describe("a redrive", () => {
  it("delivers the abandoned events once, and no longer counts them as abandoned", async () => {
    await world.deadTopics(25, (topic) => [`${topic}a`, `${topic}b`]);
    expect(world.context.deadLetters.all).toHaveLength(25);
    world.broken = false;
    const progress: RedriveResult[] = [];
    const answer = await world.run({ onProgress: (soFar) => progress.push(soFar) });
    expect(answer).toEqual(result({ found: 25, redriven: 25, consumers: 50 }));
    expect(progress.map(({ found }) => found)).toEqual([10, 20, 25]);
    expect(world.context.deadLetters.all).toEqual([]);
    await world.fanOut();
    for (let topic = 0; topic < 25; topic++) {
      expect([world.received(`${topic}a`), world.received(`${topic}b`)]).toEqual([1, 1]);
      expect(await world.statusOf(`t${topic}`)).toMatchObject({
        state: "complete",
        delivered: 2,
        abandoned: 0,
      });
    }
  });

  it("returns an empty result if no letter exists", async () => {
    expect(await world.run()).toEqual(result({}));
  });

  it("drops consumers that unsubscribed, and removes a letter without remaining consumers", async () => {
    await world.deadTopics(3, (topic) => [`${topic}a`, `${topic}b`]);
    world.broken = false;
    await world.context.subscriptions.remove([
      { consumer: consumerOf("0a"), topicId: "t0" },
      { consumer: consumerOf("1a"), topicId: "t1" },
      { consumer: consumerOf("1b"), topicId: "t1" },
    ]);
    const answer = await world.run();
    expect(answer).toEqual(result({ found: 3, redriven: 2, unsubscribed: 1, consumers: 3, dropped: 3 }));
    expect(world.context.deadLetters.all).toEqual([]);
    await world.fanOut();
    expect(["0a", "0b", "1a", "1b", "2a", "2b"].map(world.received)).toEqual([0, 1, 0, 0, 1, 1]);
    expect(await world.statusOf("t0")).toMatchObject({ delivered: 1, abandoned: 1 });
  });

  it("redrives a page that the queue moved to the dead letters", async () => {
    world.broken = false;
    await world.subscribe("t", "a", "b", "c", "d");
    const page = { kind: "topic" as const, topicId: "t", epoch: world.epoch, offsets: [1], step: 1 };
    world.context.deadLetters.put(encodeFanoutMessage({ ...page, events: [storedEvent(1)] }));
    expect(await world.run()).toEqual(result({ found: 1, redriven: 1 }));
    await world.fanOut();
    expect(["a", "b", "c", "d"].map(world.received)).toEqual([1, 1, 1, 1]);
  });

  it("begins a new chain for a letter that the queue moved, so that the limit of hops counts from the redrive", async () => {
    const { context, epoch } = world;
    world.broken = false;
    await world.subscribe("t", "a");
    const message = { kind: "topic" as const, topicId: "t", epoch, offsets: [1], events: [storedEvent(1)] };
    const consumer = { consumer: consumerOf("a"), format: "data" as const, subscribedAt: 0, from: 1 };
    const part = { ...message, kind: "part" as const, unit: "000001/abc", attempt: 2, consumers: [consumer] };
    for (const letter of [{ ...message, step: 2 }, part]) {
      context.deadLetters.put(encodeFanoutMessage({ ...letter, hops: 99 }));
    }
    await world.run();
    const sent = context.queue.receive(10, 30_000).map(({ body }) => JSON.parse(body) as { hops?: number });
    expect(sent.map(({ hops }) => hops)).toEqual([undefined, undefined]);
  });

  it("skips the letters that the filter rejects, calls it once for each, and makes them visible at once", async () => {
    await world.deadTopics(23, (topic) => [`${topic}a`]);
    world.broken = false;
    const asked: DeadDelivery[] = [];
    const answer = await world.run({
      filter: async (letter) => {
        asked.push(letter);
        return Number(letter.topicId.slice(1)) < 4;
      },
    });
    expect(answer).toEqual(result({ found: 23, redriven: 4, skipped: 19, consumers: 4 }));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(23);
    expect(asked).toHaveLength(23);
    expect(asked[0]).toMatchObject({ code: "DELIVERY_ABANDONED", reason: "500", attempts: 1, offsets: [1] });
    expect(asked[0]?.consumers).toEqual([consumerOf(`${asked[0]?.topicId.slice(1)}a`)]);
    expect(await world.context.deadLetters.count()).toEqual({ visible: 19, held: 0 });
    await world.fanOut();
    expect(Array.from({ length: 23 }, (_, topic) => world.received(`${topic}a`))).toEqual([
      ...Array(4).fill(1),
      ...Array(19).fill(0),
    ]);
  });

  it("redrives at most max letters", async () => {
    await world.deadTopics(23, (topic) => [`${topic}a`]);
    expect(await world.run({ max: 13 })).toEqual(result({ found: 13, redriven: 13, consumers: 13 }));
    expect(await world.context.deadLetters.count()).toEqual({ visible: 10, held: 0 });
  });

  it("returns the same result on a dry run, and sends and removes nothing", async () => {
    await world.deadTopics(12, (topic) => [`${topic}a`, `${topic}b`]);
    await world.context.subscriptions.remove([{ consumer: consumerOf("0a"), topicId: "t0" }]);
    const would = await world.run({ dryRun: true });
    expect(would).toEqual(result({ found: 12, redriven: 12, consumers: 23, dropped: 1 }));
    expect(await world.context.deadLetters.count()).toEqual({ visible: 12, held: 0 });
    expect(world.context.queue.nextVisibleAtMs()).toBeUndefined();
    expect(await world.run()).toEqual(would);
  });

  it("leaves malformed letters and counts them", async () => {
    world.context.deadLetters.put("{}", { code: "INVALID_MESSAGE", message: "v must be 1", attempts: 1 });
    world.context.deadLetters.put("no JSON");
    expect(await world.run()).toEqual(result({ found: 2, malformed: 2 }));
    expect(await world.context.deadLetters.count()).toEqual({ visible: 2, held: 0 });
    expect(world.context.queue.nextVisibleAtMs()).toBeUndefined();
  });

  it("leaves a letter whose events have expired, and redrives one whose events are in the log", async () => {
    await world.subscribe("t", "a");
    const letter = (offsets: number[]): void => {
      const consumers = [
        { consumer: consumerOf("a"), format: "data" as const, subscribedAt: 0, from: offsets[0] ?? 1 },
      ];
      const unit = "000001/a/dead";
      const body = {
        kind: "part" as const,
        topicId: "t",
        epoch: world.epoch,
        offsets,
        unit,
        attempt: 1,
        consumers,
      };
      world.context.deadLetters.put(encodeFanoutMessage(body), {
        code: "DELIVERY_ABANDONED",
        message: "500",
        attempts: 8,
      });
    };
    const events = [eventToAppend("p", { nowMs: world.context.clock.now() })];
    await world.context.log.append({ topicId: "t", epoch: world.epoch, offset: 1, events });
    letter([1]);
    letter([2]);
    expect(await world.run()).toEqual(result({ found: 2, redriven: 1, expired: 1, consumers: 1 }));
    world.broken = false;
    await world.fanOut();
    expect(world.received("a")).toBe(1);
    expect(world.context.deadLetters.all).toHaveLength(1);
  });

  it("leaves a page whose events have expired", async () => {
    await world.subscribe("t", "a");
    const page = { kind: "topic" as const, topicId: "t", epoch: world.epoch, offsets: [3], step: 1 };
    world.context.deadLetters.put(encodeFanoutMessage(page));
    expect(await world.run()).toEqual(result({ found: 1, expired: 1 }));
    expect(await world.context.deadLetters.count()).toEqual({ visible: 1, held: 0 });
  });

  it("ends while the fault lasts, and returns how many letters came back", async () => {
    await world.deadTopics(12, (topic) => [`${topic}a`]);
    let asked = 0;
    const filter = async (): Promise<boolean> => {
      if (++asked > 99) throw new Error("it goes on and on");
      await world.fanOut();
      return true;
    };
    const answer = await world.run({ filter });
    expect(answer).toEqual(result({ found: 22, redriven: 12, returned: 10, consumers: 12 }));
    await world.fanOut();
    expect(world.context.deadLetters.all).toHaveLength(12);
    world.broken = false;
    const again = await world.run();
    expect(again).toEqual(result({ found: 12, redriven: 12, consumers: 12 }));
    await world.fanOut();
    for (let topic = 0; topic < 12; topic++) expect(world.received(`${topic}a`)).toBe(1);
  });
});
