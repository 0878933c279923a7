import { beforeEach, describe, expect, it } from "vitest";
import { listLetters } from "../../../packages/pubsub/src/core/dead-letters/list.ts";
import { redrive } from "../../../packages/pubsub/src/core/dead-letters/redrive.ts";
import {
  emptyResult,
  type RedriveResult,
} from "../../../packages/pubsub/src/core/dead-letters/redrive-result.ts";
import { DEAD_LETTER_HOLD_MS } from "../../../packages/pubsub/src/core/limits.ts";
import { createDeadLetterWorld, type DeadLetterWorld, REDRIVE_ALL } from "../../support/dead-letter-world.ts";
import type { TestContext } from "../../support/fanout-context.ts";
import { collect, consumerOf, rejectionOf } from "../../support/samples.ts";

const result = (changes: Partial<RedriveResult>): RedriveResult => ({ ...emptyResult(), ...changes });

let world: DeadLetterWorld;
beforeEach(() => {
  world = createDeadLetterWorld();
});

describe("a redrive that is interrupted", () => {
  beforeEach(async () => {
    await world.deadTopics(15, (topic) => [`${topic}a`, `${topic}b`, `${topic}c`]);
    world.broken = false;
  });
  const everybodyHasIt = (): void => {
    for (let topic = 0; topic < 15; topic++) {
      expect(["a", "b", "c"].map((who) => world.received(`${topic}${who}`))).toEqual([1, 1, 1]);
    }
  };

  it("delivers once if it dies after sending and before removing, and the letters are redriven again", async () => {
    const died = new Promise<never>(() => {});
    let sent = 0;
    const dying = {
      ...world.context,
      queue: {
        ...world.context.queue,
        async send(messages: Parameters<TestContext["queue"]["send"]>[0]) {
          await world.context.queue.send(messages);
          sent += messages.length;
        },
      },
      deadLetters: { ...world.context.deadLetters, remove: () => died },
    };
    void redrive(dying, REDRIVE_ALL);
    await until(() => sent === 10);
    await world.fanOut();
    expect(world.context.deadLetters.all).toHaveLength(15);
    expect(await world.run()).toMatchObject({ found: 5 });
    // A consumer of a sent letter unsubscribes: the letter's consumers change, but its name stays the same
    await world.context.subscriptions.remove(
      [0, 1, 2, 3, 4, 5, 6, 7].map((n) => ({ consumer: consumerOf(`${n}c`), topicId: `t${n}` })),
    );
    world.context.clock.advance(DEAD_LETTER_HOLD_MS);
    const answer = await world.run();
    expect(answer).toMatchObject({ found: 10, redriven: 10 });
    expect(answer.dropped).toBeGreaterThan(0);
    await world.fanOut();
    everybodyHasIt();
    expect(world.context.deadLetters.all).toEqual([]);
    for (let topic = 0; topic < 15; topic++) {
      expect(await world.statusOf(`t${topic}`)).toMatchObject({
        state: "complete",
        delivered: 3,
        abandoned: 0,
      });
    }
  });

  it("removes no letter if it dies before it sends", async () => {
    const dying = {
      ...world.context,
      queue: { ...world.context.queue, send: () => new Promise<never>(() => {}) },
    };
    void redrive(dying, REDRIVE_ALL);
    await until(async () => (await world.context.deadLetters.count()).held === 10);
    expect(world.context.deadLetters.all).toHaveLength(15);
    world.context.clock.advance(DEAD_LETTER_HOLD_MS);
    expect(await world.run()).toEqual(result({ found: 15, redriven: 15, consumers: 45 }));
    await world.fanOut();
    everybodyHasIt();
  });

  it("releases the letters that it holds if its filter throws", async () => {
    const filter = (): boolean => {
      throw new Error("no such topic");
    };
    expect(await rejectionOf(world.run({ filter }))).toMatchObject({ message: "no such topic" });
    expect(await world.context.deadLetters.count()).toEqual({ visible: 15, held: 0 });
  });

  it("delivers once if another redrive runs at the same time", async () => {
    // Both receive the same letters, because neither hides them from the other
    const shared = {
      ...world.context,
      deadLetters: {
        ...world.context.deadLetters,
        async receive() {
          const letters = await world.context.deadLetters.receive();
          await world.context.deadLetters.hold(letters, 0);
          return letters;
        },
      },
    };
    const options = REDRIVE_ALL;
    const both = await Promise.all([redrive(shared, options), redrive(shared, options)]);
    expect(both[0].redriven + both[1].redriven).toBeGreaterThan(15);
    await world.fanOut();
    everybodyHasIt();
  });
});

describe("a failure in a redrive", () => {
  beforeEach(() => world.deadTopics(12, (topic) => [`${topic}a`]));
  const failing = (changes: object): Promise<RedriveResult> =>
    redrive({ ...world.context, ...changes }, REDRIVE_ALL);

  it("leaves the one letter that cannot be sent, and redrives the others", async () => {
    const send: TestContext["queue"]["send"] = async (messages) => {
      if (messages.some(({ body }) => body.includes('"t7"'))) throw new Error("refused");
      await world.context.queue.send(messages);
    };
    const answer = await failing({ queue: { ...world.context.queue, send } });
    expect(answer).toEqual(
      result({ found: 12, redriven: 11, failed: 1, consumers: 11, reasons: ["refused"] }),
    );
    expect(await world.context.deadLetters.count()).toEqual({ visible: 1, held: 0 });
    world.broken = false;
    expect(await world.run()).toEqual(result({ found: 1, redriven: 1, consumers: 1 }));
    await world.fanOut();
    for (let topic = 0; topic < 12; topic++) expect(world.received(`${topic}a`)).toBe(1);
  });

  it("leaves the one letter that cannot be removed, and delivers it once when it is redriven again", async () => {
    const [seventh] = world.context.deadLetters.all.filter(({ body }) => body.includes('"t7"'));
    const remove: TestContext["deadLetters"]["remove"] = async (letters) => {
      await world.context.deadLetters.remove(letters.filter(({ id }) => id !== seventh?.id));
      return letters.filter(({ id }) => id === seventh?.id).map(({ id }) => ({ id, reason: "not now" }));
    };
    const answer = await failing({ deadLetters: { ...world.context.deadLetters, remove } });
    expect(answer).toEqual(
      result({ found: 12, redriven: 11, failed: 1, consumers: 11, reasons: ["not now"] }),
    );
    world.broken = false;
    expect(await world.run()).toMatchObject({ redriven: 1 });
    await world.fanOut();
    for (let topic = 0; topic < 12; topic++) expect(world.received(`${topic}a`)).toBe(1);
  });

  it("leaves all letters if removing them or reading the subscriptions fails", async () => {
    const remove = (): Promise<never> => Promise.reject(new Error("no answer"));
    const unremoved = await failing({ deadLetters: { ...world.context.deadLetters, remove } });
    expect(unremoved).toEqual(result({ found: 12, failed: 12, reasons: ["no answer"] }));
    const find = (): Promise<never> => Promise.reject(new Error("throttled"));
    const unknown = await failing({ subscriptions: { ...world.context.subscriptions, find } });
    expect(unknown).toEqual(result({ found: 12, failed: 12, reasons: ["throttled"] }));
    expect(await world.context.deadLetters.count()).toEqual({ visible: 12, held: 0 });
  });

  it("does not end the redrive if every second letter fails, because only consecutive failures end it", async () => {
    await world.deadTopics(99, (topic) => [`${topic}a`]);
    let sends = 0;
    const send: TestContext["queue"]["send"] = async (messages) => {
      if (messages.length > 1 || ++sends % 2 === 0) throw new Error(`refused ${sends % 7}`);
      await world.context.queue.send(messages);
    };
    const answer = await failing({ queue: { ...world.context.queue, send } });
    expect(answer.found).toBeGreaterThanOrEqual(99);
    expect(answer.failed).toBeGreaterThan(30);
    // Of many different reasons, the result keeps only five
    expect(answer.reasons).toHaveLength(5);
  });

  it("ends the redrive after 30 letters if every letter fails", async () => {
    await world.deadTopics(99, (topic) => [`${topic}a`]);
    const send = (): Promise<never> => Promise.reject(new Error("no permission"));
    const answer = await failing({ queue: { ...world.context.queue, send } });
    expect(answer).toEqual(result({ found: 30, failed: 30, reasons: ["no permission"] }));
  });

  // They stayed hidden for as long as the reader had held them, up to five minutes
  it("releases the letters that it leaves although the first tries to release them fail", async () => {
    let tries = 0;
    const hold: typeof world.context.deadLetters.hold = async (letters, holdMs) => {
      tries += 1;
      if (tries === 1) throw new Error("no answer");
      if (tries === 2) return letters.map(({ id }) => ({ id, reason: "throttled" }));
      return world.context.deadLetters.hold(letters, holdMs);
    };
    const send = (): Promise<never> => Promise.reject(new Error("no permission"));
    const { deadLetters, queue } = world.context;
    await failing({ deadLetters: { ...deadLetters, hold }, queue: { ...queue, send } });
    expect(await deadLetters.count()).toEqual({ visible: 12, held: 0 });
    expect(tries).toBe(3);
  });

  it("reports letters that cannot be released, and does not fail the redrive", async () => {
    const hold = (): Promise<never> => Promise.reject(new Error("no answer"));
    const { deadLetters, queue } = world.context;
    const send: TestContext["queue"]["send"] = async (messages) => {
      if (messages.some(({ body }) => body.includes('"t7"'))) throw new Error("refused");
      await queue.send(messages);
    };
    expect(await failing({ deadLetters: { ...deadLetters, hold }, queue: { ...queue, send } })).toMatchObject(
      { redriven: 11 },
    );
    expect(world.context.observed.filter(({ event }) => event === "background-failure")).toMatchObject([
      { stage: "hold-dead-letters" },
    ]);
  });
});

describe("listLetters", () => {
  it("returns each letter once, and releases all of them at once", async () => {
    await world.deadTopics(34, (topic) => [`${topic}a`]);
    const letters = await collect(listLetters(world.context, Number.POSITIVE_INFINITY));
    expect(new Set(letters.map(({ id }) => id)).size).toBe(34);
    expect(letters).toHaveLength(34);
    expect(await world.context.deadLetters.count()).toEqual({ visible: 34, held: 0 });
  });

  it("stops at the limit or when its reader stops, and releases the letters that it holds", async () => {
    await world.deadTopics(34, (topic) => [`${topic}a`]);
    expect(await collect(listLetters(world.context, 12))).toHaveLength(12);
    expect(await world.context.deadLetters.count()).toEqual({ visible: 34, held: 0 });
    for await (const _ of listLetters(world.context, 99)) break;
    expect(await world.context.deadLetters.count()).toEqual({ visible: 34, held: 0 });
  });

  it("returns each letter once if reading all of them takes longer than a hold", async () => {
    await world.deadTopics(34, (topic) => [`${topic}a`]);
    const slow = {
      ...world.context,
      deadLetters: {
        ...world.context.deadLetters,
        async receive() {
          world.context.clock.advance(DEAD_LETTER_HOLD_MS / 2);
          return world.context.deadLetters.receive();
        },
      },
    };
    const letters = await collect(listLetters(slow, Number.POSITIVE_INFINITY));
    expect(new Set(letters.map(({ id }) => id)).size).toBe(letters.length);
    expect(letters).toHaveLength(34);
  });
});

/** Lets pending work run until the condition holds. Otherwise the test exceeds its time limit. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
