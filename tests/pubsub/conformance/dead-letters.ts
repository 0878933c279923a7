import { describe, expect, it } from "vitest";
import type { DeadLetters, HeldLetter } from "../../../packages/pubsub/src/core/dead-letters/port.ts";
import type { DeadLetterReason } from "../../../packages/pubsub/src/core/ports.ts";
import { eventually } from "../../support/eventually.ts";

/** Dead letters, and what a test can do with the queue that holds them. */
export interface DeadLettersHarness {
  deadLetters: DeadLetters;
  /** Adds a dead letter: with a reason as the fan-out does, without one as the queue itself does. */
  put(body: string, reason?: DeadLetterReason): Promise<void>;
  /** A second reader of the same letters. */
  other: DeadLetters;
  /** Advances a virtual clock past a short hold. */
  passHold(): void;
}

const ABANDONED = { code: "DELIVERY_ABANDONED", message: "throttled (429); 500", attempts: 8 };

async function receiveAll(deadLetters: DeadLetters): Promise<HeldLetter[]> {
  const all: HeldLetter[] = [];
  for (;;) {
    const some = await deadLetters.receive();
    if (some.length === 0) return all;
    expect(some.length).toBeLessThanOrEqual(10);
    all.push(...some);
  }
}
async function receiveSome(deadLetters: DeadLetters): Promise<HeldLetter[]> {
  const letters = await deadLetters.receive();
  expect(letters).not.toEqual([]);
  return letters;
}
const bodiesOf = (letters: readonly { body: string }[]): string[] => letters.map(({ body }) => body).sort();

/**
 * Tests every obligation of `DeadLetters`. Each test gets its own letters. With a short hold, the letters that
 * `deadLetters` receives become visible again soon. Without one, and for `other`, no test runs long enough for that.
 */
export function describeDeadLettersConformance(
  name: string,
  create: (hold?: "short") => Promise<DeadLettersHarness>,
): void {
  describe(`dead letters, ${name}`, () => {
    it("returns an empty list for an empty queue", async () => {
      const { deadLetters } = await create();
      expect(await deadLetters.receive()).toEqual([]);
      expect(await deadLetters.count()).toEqual({ visible: 0, held: 0 });
    });

    it("returns each letter with its reason, body and time of sending", async () => {
      const { deadLetters, put } = await create();
      const beforeMs = Date.now();
      await put('{"ü": "\\ud83d\\ude00"}', ABANDONED);
      const [letter] = await receiveAll(deadLetters);
      expect(letter).toMatchObject({ body: '{"ü": "\\ud83d\\ude00"}', reason: ABANDONED, receiveCount: 1 });
      expect(Math.abs((letter?.sentAt ?? 0) - beforeMs)).toBeLessThan(60_000);
    });

    it("returns a letter without a reason if it has none", async () => {
      const { deadLetters, put } = await create();
      await put("moved");
      const [letter] = await receiveAll(deadLetters);
      expect(letter?.body).toBe("moved");
      expect(letter).not.toHaveProperty("reason");
    });

    it("hides a returned letter from later reads and from other readers", async () => {
      const { deadLetters, other, put } = await create();
      const bodies = Array.from({ length: 23 }, (_, n) => `letter ${n}`);
      for (const body of bodies) await put(body, ABANDONED);
      expect(bodiesOf(await receiveAll(deadLetters))).toEqual(bodies.toSorted());
      expect(await other.receive()).toEqual([]);
      expect(await deadLetters.count()).toEqual({ visible: 0, held: 23 });
    });

    it("shows a released letter to every reader at once, under the same id", async () => {
      const { deadLetters, other, put } = await create();
      for (let n = 0; n < 12; n++) await put(`letter ${n}`, ABANDONED);
      const held = await receiveAll(deadLetters);
      await deadLetters.hold(held.slice(0, 11), 0);
      expect(await deadLetters.count()).toEqual({ visible: 11, held: 1 });
      const again = await receiveAll(other);
      expect(again.map(({ id }) => id).sort()).toEqual(
        held
          .slice(0, 11)
          .map(({ id }) => id)
          .sort(),
      );
      expect(again[0]).toMatchObject({ receiveCount: 2, reason: ABANDONED });
    });

    it("hides a letter longer after its hold is extended", async () => {
      const { deadLetters, other, put, passHold } = await create("short");
      await put("letter", ABANDONED);
      const held = await deadLetters.receive();
      await deadLetters.hold(held, 60_000);
      await put("another", ABANDONED);
      await deadLetters.receive();
      passHold();
      const [again] = await eventually(() => receiveSome(other));
      expect(again?.body).toBe("another");
      expect(await other.receive()).toEqual([]);
    });

    it("returns a letter again some time after its reader died", async () => {
      const { deadLetters, other, put, passHold } = await create("short");
      await put("letter", ABANDONED);
      const [held] = await deadLetters.receive();
      passHold();
      const [again] = await eventually(() => receiveSome(other));
      expect(again?.id).toBe(held?.id);
      expect(again?.receipt).not.toBe(held?.receipt);
    });

    it("removes the given letters and no others", async () => {
      const { deadLetters, put } = await create();
      for (let n = 0; n < 13; n++) await put(`letter ${n}`, ABANDONED);
      const held = await receiveAll(deadLetters);
      expect(await deadLetters.remove(held.slice(0, 12))).toEqual([]);
      await deadLetters.hold(held, 0);
      expect(bodiesOf(await receiveAll(deadLetters))).toEqual(bodiesOf(held.slice(12)));
    });

    it("accepts an empty list, and letters that were already removed", async () => {
      const { deadLetters, put } = await create();
      await put("letter", ABANDONED);
      const held = await deadLetters.receive();
      await deadLetters.remove(held);
      expect(await deadLetters.remove(held)).toEqual([]);
      await deadLetters.hold(held, 0);
      expect(await deadLetters.remove([])).toEqual([]);
      await deadLetters.hold([], 0);
      expect(await deadLetters.count()).toEqual({ visible: 0, held: 0 });
    });
  });
}
