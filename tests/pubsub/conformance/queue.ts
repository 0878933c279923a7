import { describe, expect, it } from "vitest";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import type { FanoutQueue } from "../../../packages/pubsub/src/core/ports.ts";

/** A queue, and what a test can read from it. */
export interface QueueHarness {
  queue: FanoutQueue;
  /** Returns every body that can be received now, each as often as it was sent. */
  receiveAll(): Promise<string[]>;
  /** Returns the delays, in seconds, that messages were sent with. */
  delays(): Promise<number[]>;
  deadLetters(): Promise<{ body: string; code: string; message: string; attempts: number }[]>;
}

/** Tests every obligation of a durable `FanoutQueue`. Each test gets its own queue. */
export function describeQueueConformance(name: string, create: () => Promise<QueueHarness>): void {
  describe(`fan-out queue, ${name}`, () => {
    it("says that it is durable: its messages survive the process", async () => {
      const { queue } = await create();
      expect(queue.durable).toBe(true);
    });

    it("accepts an empty list of messages", async () => {
      const { queue, receiveAll } = await create();
      await queue.send([]);
      expect(await receiveAll()).toEqual([]);
    });

    it.each([1, 10, 11, 25])("holds all of %d messages after send resolves", async (count) => {
      const { queue, receiveAll } = await create();
      const bodies = Array.from({ length: count }, (_, n) =>
        JSON.stringify({ n, text: 'ü "quoted" \ud7ff \ufffd' }),
      );
      await queue.send(bodies.map((body) => ({ body, delaySeconds: 0 })));
      expect((await receiveAll()).sort()).toEqual(bodies.toSorted());
    });

    it("holds messages that are together too large for one request", async () => {
      const { queue, receiveAll } = await create();
      const bodies = Array.from({ length: 9 }, (_, n) => JSON.stringify(`${n}`.padEnd(250_000, "x")));
      await queue.send(bodies.map((body) => ({ body, delaySeconds: 0 })));
      const received = (await receiveAll()).map((body) => body.slice(0, 2)).sort();
      expect(received).toEqual(bodies.map((body) => body.slice(0, 2)));
    });

    it("delays a message that has a delay", async () => {
      const { queue, receiveAll, delays } = await create();
      await queue.send([
        { body: "now", delaySeconds: 0 },
        { body: "later", delaySeconds: 900 },
      ]);
      expect(await receiveAll()).toEqual(["now"]);
      expect((await delays()).sort()).toEqual([0, 900]);
    });

    it("puts a dead letter with its reason into the dead-letter queue and nowhere else", async () => {
      const { queue, receiveAll, deadLetters } = await create();
      const reason = { code: "DELIVERY_ABANDONED", message: "500 InternalServerError ü", attempts: 8 };
      await queue.deadLetter('{"v":1}', reason);
      await queue.deadLetter("not a message ü", {
        code: "INVALID_MESSAGE",
        message: "not JSON",
        attempts: 1,
      });
      expect(await receiveAll()).toEqual([]);
      const letters = await deadLetters();
      expect(letters).toHaveLength(2);
      expect(letters).toEqual(
        expect.arrayContaining([
          { body: '{"v":1}', ...reason },
          { body: "not a message ü", code: "INVALID_MESSAGE", message: "not JSON", attempts: 1 },
        ]),
      );
    });

    it("accepts any reason for a dead letter, even a long or an empty one", async () => {
      const { queue, deadLetters } = await create();
      const refused = decodeFanoutMessage(JSON.stringify({ v: "\u0000\u{1f4a1}".repeat(100) }));
      const problem = refused.ok ? "" : refused.problem;
      for (const message of ["", "x".repeat(5_000), problem]) {
        await queue.deadLetter("body", { code: "INVALID_MESSAGE", message, attempts: 1 });
      }
      expect(problem).toContain("v must be 1");
      expect(await deadLetters()).toHaveLength(3);
    });
  });
}
