import { beforeEach, describe, expect, it } from "vitest";
import type { DeadDelivery } from "../../packages/pubsub/src/dead-letters/dead-letter.ts";
import { listLetters } from "../../packages/pubsub/src/dead-letters/list.ts";
import { type RedriveOptions, redrive } from "../../packages/pubsub/src/dead-letters/redrive.ts";
import { emptyResult, type RedriveResult } from "../../packages/pubsub/src/dead-letters/redrive-result.ts";
import { handleBatch } from "../../packages/pubsub/src/fanout/batch.ts";
import { encodeFanoutMessage } from "../../packages/pubsub/src/fanout/message.ts";
import { foldLedger } from "../../packages/pubsub/src/fanout/status.ts";
import { DEAD_LETTER_HOLD_MS } from "../../packages/pubsub/src/limits.ts";
import { createTestContext, type TestContext } from "../support/fanout-context.ts";
import {
  collect,
  consumerOf,
  eventToAppend,
  rejectionOf,
  storedEvent,
  subscriptionOf,
} from "../support/samples.ts";

const epoch = "0m1c2d3e4";
const result = (changes: Partial<RedriveResult>): RedriveResult => ({ ...emptyResult(), ...changes });

/** Every post fails while this is set. */
let broken: boolean;
let context: TestContext;

beforeEach(() => {
  broken = true;
  context = createTestContext({
    attemptsMax: 1,
    pageSize: 3,
    answer: async () => (broken ? { outcome: "failed", retryable: true, reason: "500" } : undefined),
  });
});

const run = (options: Partial<RedriveOptions> = {}): Promise<RedriveResult> =>
  redrive(context, {
    filter: () => true,
    max: Number.POSITIVE_INFINITY,
    dryRun: false,
    onProgress: () => {},
    ...options,
  });

async function subscribe(topicId: string, ...ids: string[]): Promise<void> {
  for (const id of ids) {
    context.connections.open(consumerOf(id));
    await context.subscriptions.put(subscriptionOf(id, topicId));
  }
}

/** Fans out until the queue is empty. */
async function fanOut(): Promise<void> {
  for (;;) {
    const received = context.queue.receive(10, 30_000);
    if (received.length === 0) return;
    const limits = { deadlineMs: context.clock.now() + 20_000, leaseUntilMs: context.clock.now() + 30_000 };
    for (const [id, { outcome }] of await handleBatch({ ...context, ...limits }, received)) {
      if (outcome === "done") context.queue.delete(id);
    }
    context.clock.advance(1);
  }
}

const publish = (topicId: string, offset: number): Promise<void> =>
  context.queue.send([
    {
      body: encodeFanoutMessage({
        kind: "page",
        topicId,
        epoch,
        offsets: [offset],
        events: [storedEvent(offset)],
        page: 1,
      }),
      delaySeconds: 0,
    },
  ]);

/** So many topics with an audience of their own, one event each, all of it dead. */
async function deadTopics(count: number, audience: (topic: number) => string[]): Promise<void> {
  for (let topic = 0; topic < count; topic++) {
    await subscribe(`t${topic}`, ...audience(topic));
    await publish(`t${topic}`, 1);
  }
  await fanOut();
}

const received = (id: string): number => context.connections.received(consumerOf(id)).length;
const statusOf = async (topicId: string, offset = 1): Promise<ReturnType<typeof foldLedger>> =>
  foldLedger(await collect(context.ledger.rows({ topicId, epoch, offset })));

describe("a redrive", () => {
  it("delivers, once, what was given up on, and takes it off the abandoned", async () => {
    await deadTopics(25, (topic) => [`${topic}a`, `${topic}b`]);
    expect(context.deadLetters.all).toHaveLength(25);
    broken = false;
    const progress: RedriveResult[] = [];
    const answer = await run({ onProgress: (soFar) => progress.push(soFar) });
    expect(answer).toEqual(result({ found: 25, redriven: 25, consumers: 50 }));
    expect(progress.map(({ found }) => found)).toEqual([10, 20, 25]);
    expect(context.deadLetters.all).toEqual([]);
    await fanOut();
    for (let topic = 0; topic < 25; topic++) {
      expect([received(`${topic}a`), received(`${topic}b`)]).toEqual([1, 1]);
      expect(await statusOf(`t${topic}`)).toMatchObject({ state: "complete", delivered: 2, abandoned: 0 });
    }
  });

  it("finds nothing where there is nothing", async () => {
    expect(await run()).toEqual(result({}));
  });

  it("drops who is not subscribed any more, and removes a letter that nobody is left of", async () => {
    await deadTopics(3, (topic) => [`${topic}a`, `${topic}b`]);
    broken = false;
    await context.subscriptions.remove([
      { consumer: consumerOf("0a"), topicId: "t0" },
      { consumer: consumerOf("1a"), topicId: "t1" },
      { consumer: consumerOf("1b"), topicId: "t1" },
    ]);
    const answer = await run();
    expect(answer).toEqual(result({ found: 3, redriven: 2, deserted: 1, consumers: 3, dropped: 3 }));
    expect(context.deadLetters.all).toEqual([]);
    await fanOut();
    expect(["0a", "0b", "1a", "1b", "2a", "2b"].map(received)).toEqual([0, 1, 0, 0, 1, 1]);
    expect(await statusOf("t0")).toMatchObject({ delivered: 1, abandoned: 1 });
  });

  it("redrives a page that the queue gave up on", async () => {
    broken = false;
    await subscribe("t", "a", "b", "c", "d");
    const page = { kind: "page" as const, topicId: "t", epoch, offsets: [1], page: 1 };
    context.deadLetters.put(encodeFanoutMessage({ ...page, events: [storedEvent(1)] }));
    expect(await run()).toEqual(result({ found: 1, redriven: 1 }));
    await fanOut();
    expect(["a", "b", "c", "d"].map(received)).toEqual([1, 1, 1, 1]);
  });

  it("leaves what the filter does not want, whoever it is asked by, and shows it at once", async () => {
    await deadTopics(23, (topic) => [`${topic}a`]);
    broken = false;
    const asked: DeadDelivery[] = [];
    const answer = await run({
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
    expect(await context.deadLetters.count()).toEqual({ visible: 19, held: 0 });
    await fanOut();
    expect(Array.from({ length: 23 }, (_, topic) => received(`${topic}a`))).toEqual([
      ...Array(4).fill(1),
      ...Array(19).fill(0),
    ]);
  });

  it("takes up no more than it is to", async () => {
    await deadTopics(23, (topic) => [`${topic}a`]);
    expect(await run({ max: 13 })).toEqual(result({ found: 13, redriven: 13, consumers: 13 }));
    expect(await context.deadLetters.count()).toEqual({ visible: 10, held: 0 });
  });

  it("only says what it would do, on a dry run", async () => {
    await deadTopics(12, (topic) => [`${topic}a`, `${topic}b`]);
    await context.subscriptions.remove([{ consumer: consumerOf("0a"), topicId: "t0" }]);
    const would = await run({ dryRun: true });
    expect(would).toEqual(result({ found: 12, redriven: 12, consumers: 23, dropped: 1 }));
    expect(await context.deadLetters.count()).toEqual({ visible: 12, held: 0 });
    expect(context.queue.nextVisibleAtMs()).toBeUndefined();
    expect(await run()).toEqual(would);
  });

  it("never redrives what nobody can read", async () => {
    context.deadLetters.put("{}", { code: "INVALID_MESSAGE", message: "v must be 1", attempts: 1 });
    context.deadLetters.put("no JSON");
    expect(await run()).toEqual(result({ found: 2, malformed: 2 }));
    expect(await context.deadLetters.count()).toEqual({ visible: 2, held: 0 });
    expect(context.queue.nextVisibleAtMs()).toBeUndefined();
  });

  it("leaves a letter whose events are nowhere any more, and redrives one whose events are in the log", async () => {
    await subscribe("t", "a");
    const letter = (offsets: number[]): void => {
      const consumers = [
        { consumer: consumerOf("a"), format: "data" as const, subscribedAt: 0, from: offsets[0] ?? 1 },
      ];
      const unit = "000001/a/dead";
      const body = { kind: "redelivery" as const, topicId: "t", epoch, offsets, unit, attempt: 1, consumers };
      context.deadLetters.put(encodeFanoutMessage(body), {
        code: "DELIVERY_ABANDONED",
        message: "500",
        attempts: 8,
      });
    };
    const events = [eventToAppend("p", { nowMs: context.clock.now() })];
    await context.log.append({ topicId: "t", epoch, offset: 1, events });
    letter([1]);
    letter([2]);
    expect(await run()).toEqual(result({ found: 2, redriven: 1, expired: 1, consumers: 1 }));
    broken = false;
    await fanOut();
    expect(received("a")).toBe(1);
    expect(context.deadLetters.all).toHaveLength(1);
  });

  it("ends while the fault lasts, and says what came back", async () => {
    await deadTopics(12, (topic) => [`${topic}a`]);
    const filter = async (): Promise<boolean> => {
      await fanOut();
      return true;
    };
    const answer = await run({ filter });
    expect(answer).toEqual(result({ found: 22, redriven: 12, returned: 10, consumers: 12 }));
    await fanOut();
    expect(context.deadLetters.all).toHaveLength(12);
    broken = false;
    const again = await run();
    expect(again).toEqual(result({ found: 12, redriven: 12, consumers: 12 }));
    await fanOut();
    for (let topic = 0; topic < 12; topic++) expect(received(`${topic}a`)).toBe(1);
  });
});

describe("a redrive that is cut short", () => {
  beforeEach(async () => {
    await deadTopics(15, (topic) => [`${topic}a`, `${topic}b`, `${topic}c`]);
    broken = false;
  });
  const everybodyHasIt = (): void => {
    for (let topic = 0; topic < 15; topic++) {
      expect(["a", "b", "c"].map((who) => received(`${topic}${who}`))).toEqual([1, 1, 1]);
    }
  };

  it("between sending and removing has sent what is sent again, and done once", async () => {
    const died = new Promise<never>(() => {});
    let sent = 0;
    const dying = {
      ...context,
      queue: {
        ...context.queue,
        async send(messages: Parameters<TestContext["queue"]["send"]>[0]) {
          await context.queue.send(messages);
          sent += messages.length;
        },
      },
      deadLetters: { ...context.deadLetters, remove: () => died },
    };
    void redrive(dying, { filter: () => true, max: 99, dryRun: false, onProgress: () => {} });
    await until(() => sent === 10);
    await fanOut();
    expect(context.deadLetters.all).toHaveLength(15);
    expect(await run()).toMatchObject({ found: 5 });
    // Somebody of a letter that was sent leaves: the letter is another one then, but not its name
    await context.subscriptions.remove(
      [0, 1, 2, 3, 4, 5, 6, 7].map((n) => ({ consumer: consumerOf(`${n}c`), topicId: `t${n}` })),
    );
    context.clock.advance(DEAD_LETTER_HOLD_MS);
    const answer = await run();
    expect(answer).toMatchObject({ found: 10, redriven: 10 });
    expect(answer.dropped).toBeGreaterThan(0);
    await fanOut();
    everybodyHasIt();
    expect(context.deadLetters.all).toEqual([]);
    for (let topic = 0; topic < 15; topic++) {
      expect(await statusOf(`t${topic}`)).toMatchObject({ state: "complete", delivered: 3, abandoned: 0 });
    }
  });

  it("before it has sent anything has removed nothing", async () => {
    const dying = { ...context, queue: { ...context.queue, send: () => new Promise<never>(() => {}) } };
    void redrive(dying, { filter: () => true, max: 99, dryRun: false, onProgress: () => {} });
    await until(async () => (await context.deadLetters.count()).held === 10);
    expect(context.deadLetters.all).toHaveLength(15);
    context.clock.advance(DEAD_LETTER_HOLD_MS);
    expect(await run()).toEqual(result({ found: 15, redriven: 15, consumers: 45 }));
    await fanOut();
    everybodyHasIt();
  });

  it("by its filter gives back what it held", async () => {
    const filter = (): boolean => {
      throw new Error("no such topic");
    };
    expect(await rejectionOf(run({ filter }))).toMatchObject({ message: "no such topic" });
    expect(await context.deadLetters.count()).toEqual({ visible: 15, held: 0 });
  });

  it("by another one at the same time delivers once all the same", async () => {
    // Letters show up at both: neither holds them for the other
    const shared = {
      ...context,
      deadLetters: {
        ...context.deadLetters,
        async receive() {
          const letters = await context.deadLetters.receive();
          await context.deadLetters.hold(letters, 0);
          return letters;
        },
      },
    };
    const options = { filter: () => true, max: 99, dryRun: false, onProgress: () => {} };
    const both = await Promise.all([redrive(shared, options), redrive(shared, options)]);
    expect(both[0].redriven + both[1].redriven).toBeGreaterThan(15);
    await fanOut();
    everybodyHasIt();
  });
});

describe("a failure", () => {
  beforeEach(() => deadTopics(12, (topic) => [`${topic}a`]));
  const failing = (changes: object): Promise<RedriveResult> =>
    redrive({ ...context, ...changes }, { filter: () => true, max: 99, dryRun: false, onProgress: () => {} });

  it("to send one letter leaves that one", async () => {
    const send: TestContext["queue"]["send"] = async (messages) => {
      if (messages.some(({ body }) => body.includes('"t7"'))) throw new Error("refused");
      await context.queue.send(messages);
    };
    const answer = await failing({ queue: { ...context.queue, send } });
    expect(answer).toEqual(
      result({ found: 12, redriven: 11, failed: 1, consumers: 11, reasons: ["refused"] }),
    );
    expect(await context.deadLetters.count()).toEqual({ visible: 1, held: 0 });
    broken = false;
    expect(await run()).toEqual(result({ found: 1, redriven: 1, consumers: 1 }));
    await fanOut();
    for (let topic = 0; topic < 12; topic++) expect(received(`${topic}a`)).toBe(1);
  });

  it("to remove one leaves that one, to be sent again", async () => {
    const [seventh] = context.deadLetters.all.filter(({ body }) => body.includes('"t7"'));
    const remove: TestContext["deadLetters"]["remove"] = async (letters) => {
      await context.deadLetters.remove(letters.filter(({ id }) => id !== seventh?.id));
      return letters.filter(({ id }) => id === seventh?.id).map(({ id }) => ({ id, reason: "not now" }));
    };
    const answer = await failing({ deadLetters: { ...context.deadLetters, remove } });
    expect(answer).toEqual(
      result({ found: 12, redriven: 11, failed: 1, consumers: 11, reasons: ["not now"] }),
    );
    broken = false;
    expect(await run()).toMatchObject({ redriven: 1 });
    await fanOut();
    for (let topic = 0; topic < 12; topic++) expect(received(`${topic}a`)).toBe(1);
  });

  it("to remove any, or to look anybody up, leaves them", async () => {
    const remove = (): Promise<never> => Promise.reject(new Error("no answer"));
    const unremoved = await failing({ deadLetters: { ...context.deadLetters, remove } });
    expect(unremoved).toEqual(result({ found: 12, failed: 12, reasons: ["no answer"] }));
    const has = (): Promise<never> => Promise.reject(new Error("throttled"));
    const unknown = await failing({ subscriptions: { ...context.subscriptions, has } });
    expect(unknown).toEqual(result({ found: 12, failed: 12, reasons: ["throttled"] }));
    expect(await context.deadLetters.count()).toEqual({ visible: 12, held: 0 });
  });

  it("of everything ends the redrive", async () => {
    await deadTopics(99, (topic) => [`${topic}a`]);
    const send = (): Promise<never> => Promise.reject(new Error("no permission"));
    const answer = await failing({ queue: { ...context.queue, send } });
    expect(answer).toEqual(result({ found: 30, failed: 30, reasons: ["no permission"] }));
  });

  it("to give letters back is told, and is not the redrive's", async () => {
    const hold = (): Promise<never> => Promise.reject(new Error("no answer"));
    expect(await failing({ deadLetters: { ...context.deadLetters, hold } })).toMatchObject({
      redriven: 12,
    });
    expect(context.observed.filter(({ event }) => event === "background-failure")).toMatchObject([
      { stage: "hold-dead-letters" },
    ]);
  });
});

describe("a list", () => {
  it("has each letter once, and gives all of them back at once", async () => {
    await deadTopics(34, (topic) => [`${topic}a`]);
    const letters = await collect(listLetters(context, Number.POSITIVE_INFINITY));
    expect(new Set(letters.map(({ id }) => id)).size).toBe(34);
    expect(letters).toHaveLength(34);
    expect(await context.deadLetters.count()).toEqual({ visible: 34, held: 0 });
  });

  it("ends where its reader has enough, and gives back what it held", async () => {
    await deadTopics(34, (topic) => [`${topic}a`]);
    expect(await collect(listLetters(context, 12))).toHaveLength(12);
    expect(await context.deadLetters.count()).toEqual({ visible: 34, held: 0 });
    for await (const _ of listLetters(context, 99)) break;
    expect(await context.deadLetters.count()).toEqual({ visible: 34, held: 0 });
  });

  it("has those too that are behind more than it can read within a hold", async () => {
    await deadTopics(34, (topic) => [`${topic}a`]);
    const slow = {
      ...context,
      deadLetters: {
        ...context.deadLetters,
        async receive() {
          context.clock.advance(DEAD_LETTER_HOLD_MS / 2);
          return context.deadLetters.receive();
        },
      },
    };
    const letters = await collect(listLetters(slow, Number.POSITIVE_INFINITY));
    expect(new Set(letters.map(({ id }) => id)).size).toBe(letters.length);
    expect(letters).toHaveLength(34);
  });
});

/** Lets whatever is due run until this holds; fails the test's time limit otherwise. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
