import { describe, expect, it } from "vitest";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import { handOn } from "../../../packages/pubsub/src/core/fanout/hand-on.ts";
import type { PartMessage, PendingConsumer } from "../../../packages/pubsub/src/core/fanout/message.ts";
import type { Posted, Run } from "../../../packages/pubsub/src/core/fanout/post-run.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { collect, consumerOf, storedEvent } from "../../support/samples.ts";

const run: Run = { topicId: "t", epoch: "0m1c2d3e4", events: [storedEvent(1), storedEvent(2)], attempt: 1 };
const UNIT = "000001";

type Failed = PendingConsumer & { reason: string };
const failed = (id: string, from = 1, reason = "500"): Failed => {
  return { consumer: consumerOf(id), format: "data", subscribedAt: 5, from, reason };
};
type Left = Pick<Posted, "unsent" | "failed" | "refused">;
const posted = (changes: Partial<Left>): Left => {
  return { unsent: [], failed: [], refused: [], ...changes };
};
const decoded = (body: string): PartMessage => {
  const result = decodeFanoutMessage(body);
  if (!result.ok || result.message.kind !== "part") throw new Error("no redelivery");
  return result.message;
};
/** Returns all messages in the queue, delayed or not. */
const queued = ({ queue, clock }: TestContext): PartMessage[] => {
  clock.advance(1_000_000);
  return queue.receive(100, 1_000).map(({ body }) => decoded(body));
};
const idsOf = ({ consumers }: PartMessage): string[] =>
  consumers.map(({ consumer }) => consumer.connectionId);

describe("handOn, for consumers whose post failed", () => {
  it("queues failed consumers again with the next attempt, a delay and the events they have not received", async () => {
    const context = createTestContext();
    const handedOn = await handOn(context, run, UNIT, posted({ failed: [failed("a"), failed("b/=", 2)] }));
    expect([...handedOn]).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(context.queue.receive(10, 1_000)).toEqual([]);
    const [message, ...others] = queued(context);
    const told = {
      event: "redelivery-queued",
      topicId: "t",
      epoch: run.epoch,
      unit: message?.unit,
      attempt: 2,
    };
    expect(context.observed).toEqual([
      { ...told, offset: 1, publicationId: "publication-1", consumers: 1, delaySeconds: 2 },
      { ...told, offset: 2, publicationId: "publication-2", consumers: 2, delaySeconds: 2 },
    ]);
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      topicId: "t",
      epoch: run.epoch,
      offsets: [1, 2],
      events: run.events,
      attempt: 2,
    });
    expect(message?.consumers).toEqual(
      [failed("a"), failed("b/=", 2)].map(({ reason: _, ...pending }) => pending),
    );
  });

  it("queues only the events from the first one that a failed consumer waits for", async () => {
    const context = createTestContext();
    const handedOn = await handOn(context, run, UNIT, posted({ failed: [failed("a", 2)] }));
    expect([...handedOn]).toEqual([
      [1, 0],
      [2, 1],
    ]);
    expect(queued(context)[0]).toMatchObject({ offsets: [2], events: [run.events[1]] });
  });

  it("delays a redelivery longer with each attempt, up to 15 minutes", async () => {
    const delays: number[] = [];
    for (const attempt of [1, 2, 3, 8, 20]) {
      const context = createTestContext({ maxAttempts: 99 });
      await handOn(context, { ...run, attempt }, UNIT, posted({ failed: [failed("a")] }));
      delays.push(((context.queue.nextVisibleAtMs() ?? 0) - context.clock.now()) / 1_000);
    }
    expect(delays).toEqual([2, 3, 5, 129, 900]);
  });

  it("splits 1,001 failed consumers into parts of at most 500, and makes each part a unit of work", async () => {
    const context = createTestContext();
    const many = Array.from({ length: 1_001 }, (_, n) => failed(`c${n}`));
    expect((await handOn(context, run, UNIT, posted({ failed: many }))).get(1)).toBe(3);
    const messages = queued(context);
    expect(messages.map(({ consumers }) => consumers.length).sort()).toEqual([1, 500, 500]);
    expect(messages.flatMap(idsOf).sort()).toEqual(many.map(({ consumer }) => consumer.connectionId).sort());
    expect(new Set(messages.map(({ unit }) => unit)).size).toBe(3);
  });
});

it("queues unsent consumers again without a delay, and does not count an attempt", async () => {
  const context = createTestContext({ maxAttempts: 1 });
  await handOn(context, run, UNIT, posted({ unsent: [failed("a")] }));
  const [received] = context.queue.receive(10, 1_000);
  expect(decoded(received?.body ?? "")).toMatchObject({ attempt: 1, offsets: [1, 2] });
  expect(context.queue.deadLetters).toEqual([]);
});

describe("handOn, for consumers without attempts left and refused consumers", () => {
  it("abandons consumers in the ledger, for each event that they miss, and in the dead-letter queue", async () => {
    const context = createTestContext({ maxAttempts: 3 });
    const lost = posted({
      failed: [failed("a"), failed("b", 2, "throttled (429)")],
      refused: [failed("c", 2, "413")],
    });
    const handedOn = await handOn(context, { ...run, attempt: 3 }, "000001/0", lost);
    expect([...handedOn.values()]).toEqual([0, 0]);
    expect(queued(context)).toEqual([]);
    const counts = [];
    for (const offset of [1, 2]) {
      const rows = await collect(context.ledger.rows({ topicId: "t", epoch: run.epoch, offset }));
      counts.push(rows.map((row) => (row.row === "abandoned" ? row.count : row)));
    }
    expect(counts).toEqual([[1], [3]]);
    const [letter, ...others] = context.queue.deadLetters;
    expect(others).toEqual([]);
    expect(letter?.reason).toEqual({
      code: "DELIVERY_ABANDONED",
      message: "500; throttled (429); 413",
      attempts: 3,
    });
    const told = context.observed.filter((event) => event.event === "delivery-abandoned");
    expect(told.map(({ offset, consumers }) => [offset, consumers])).toEqual([
      [1, 1],
      [2, 3],
    ]);
  });

  it("writes at most five reasons into a dead letter, because a message attribute of the queue has a limited size", async () => {
    const context = createTestContext();
    const reasons = ["a", "b", "c", "a", "d", "e", "f"];
    const refused = reasons.map((reason, n) => failed(`c${n}`, 1, reason));
    await handOn(context, run, UNIT, posted({ refused }));
    expect(context.queue.deadLetters[0]?.reason.message).toBe("a; b; c; d; e");
  });

  it("writes a dead letter that can be moved back to the queue unchanged, and starts at attempt 1 there", async () => {
    const context = createTestContext({ maxAttempts: 1 });
    await handOn(context, run, UNIT, posted({ failed: [failed("a"), failed("b")] }));
    const message = decoded(context.queue.deadLetters[0]?.body ?? "");
    expect(message).toMatchObject({ attempt: 1, offsets: [1, 2], events: run.events });
    expect(message.unit).toMatch(/^000001\/\w+\/dead$/);
    expect(idsOf(message)).toEqual(["a", "b"]);
  });

  it("abandons a refused consumer at the first attempt, and retries the consumers that failed", async () => {
    const context = createTestContext();
    await handOn(
      context,
      run,
      UNIT,
      posted({ failed: [failed("again")], refused: [failed("never", 1, "413")] }),
    );
    expect(queued(context).map(idsOf)).toEqual([["again"]]);
    expect(context.queue.deadLetters.map(({ body }) => idsOf(decoded(body)))).toEqual([["never"]]);
  });
});

// Parts used to have numbers. A worker queued part 0 and died. The unit ran again and left over other consumers than
// the first time, again as part 0. The ledger had part 0 as done by then, so these consumers were skipped: they were
// neither posted to nor abandoned.
describe("handOn, for a unit that runs again", () => {
  const partsOf = async (...consumers: Failed[]): Promise<string[]> => {
    const context = createTestContext();
    await handOn(context, run, UNIT, posted({ failed: consumers }));
    return queued(context).map(({ unit }) => unit);
  };

  it("names the part of the same consumers the same, in any order of their failures", async () => {
    expect(await partsOf(failed("a"), failed("b"))).toEqual(await partsOf(failed("b"), failed("a")));
  });

  it("names the part differently for other consumers, or if the same consumers wait for other events", async () => {
    const parts = [
      await partsOf(failed("a")),
      await partsOf(failed("b")),
      await partsOf(failed("a"), failed("b")),
      await partsOf(failed("a", 2)),
    ].flat();
    expect(new Set(parts).size).toBe(4);
  });
});

it("abandons consumers when the unit's name has no room for another part, instead of losing them", async () => {
  const context = createTestContext();
  const deepest = `000001${"/0pn3z7xozx6".repeat(60)}`;
  const { reason: _, ...late } = failed("late");
  const left = posted({ unsent: [late], failed: [failed("broken")] });
  expect([...(await handOn(context, run, deepest, left)).values()]).toEqual([0, 0]);
  expect(queued(context)).toEqual([]);
  const [letter] = context.queue.deadLetters;
  expect(idsOf(decoded(letter?.body ?? ""))).toEqual(["late", "broken"]);
  expect(letter?.reason.message).toBe("never reached in time; 500");
});
