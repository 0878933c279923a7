import { describe, expect, it } from "vitest";
import type { Connections, Disconnect, PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import { encodeUtf8 } from "../../../packages/pubsub/src/core/utf8.ts";

export interface ConnectionsHarness {
  connections: Connections & { disconnect: Disconnect };
  /** Opens a connection that stays open. `next` returns the texts of its frames in order of arrival. */
  connect(): Promise<{ consumer: Consumer; next(): Promise<string>; close(): Promise<void> }>;
  /** Makes every post end with this fault until the returned function is called. */
  fail(fault: PostFault): () => void;
  /** The number of posts that the other side has received. */
  posts(): number;
}

export type PostFault = "throttled" | "500" | "503" | "413" | "400" | "reset";

const outcomes: [PostFault, PostResult["outcome"], boolean | undefined][] = [
  ["throttled", "throttled", undefined],
  ["500", "failed", true],
  ["503", "failed", true],
  ["reset", "failed", true],
  ["400", "failed", false],
  ["413", "failed", false],
];

/** Tests every obligation of `Connections`. */
export function describeConnectionsConformance(
  name: string,
  create: () => Promise<ConnectionsHarness>,
): void {
  const frame = (text: string): { body: Uint8Array } => ({ body: encodeUtf8(text) });

  describe(`connections, ${name}`, () => {
    it.each([
      ["JSON", '{"a":[1,2]}'],
      ["text beyond ASCII", "ü \u{1f4a1} \u2028 \uffff"],
      ["128 KB", "x".repeat(131_072)],
      ["one byte", "0"],
    ])("posts a frame unchanged: %s", async (_, text) => {
      const { connections, connect } = await create();
      const { consumer, next } = await connect();
      expect(await connections.post(consumer, frame(text))).toEqual({ outcome: "delivered" });
      expect((await next()) === text).toBe(true);
    });

    it("posts the same frame to two connections and a different frame to each", async () => {
      const { connections, connect, posts } = await create();
      const shared = frame("for both");
      const [one, other] = [await connect(), await connect()];
      await Promise.all([connections.post(one.consumer, shared), connections.post(other.consumer, shared)]);
      await connections.post(other.consumer, frame("for one"));
      expect(await one.next()).toBe("for both");
      expect([await other.next(), await other.next()]).toEqual(["for both", "for one"]);
      expect(posts()).toBe(3);
    });

    it("closes a connection, once, and no other one", async () => {
      const { connections, connect } = await create();
      const [one, other] = [await connect(), await connect()];
      expect(await connections.disconnect(one.consumer)).toEqual({ outcome: "disconnected" });
      expect(await connections.post(one.consumer, frame("late"))).toEqual({ outcome: "gone" });
      expect(await connections.disconnect(one.consumer)).toEqual({ outcome: "gone" });
      expect(await connections.post(other.consumer, frame("a"))).toEqual({ outcome: "delivered" });
    });

    it("returns gone when it closes a connection that never existed", async () => {
      const { connections, connect } = await create();
      const { consumer } = await connect();
      const stranger = { ...consumer, connectionId: "L0SM9cOFvHcCIhw=" };
      expect(await connections.disconnect(stranger)).toEqual({ outcome: "gone" });
    });

    it.each([1, 300, 20_000, 131_000])(
      "posts a frame of %d bytes to several connections at once, to each with its own text at the end",
      async (length) => {
        const { connections, connect } = await create();
        const shared = frame("x".repeat(length));
        const ends = [',"nonce":"1-2-3-4"}', ',"nonce":"5-6-7-8"}', undefined];
        const clients = [await connect(), await connect(), await connect()];
        const posts = clients.map(({ consumer }, index) => {
          const tail = ends[index];
          return connections.post(consumer, shared, tail === undefined ? {} : { tail });
        });
        expect(await Promise.all(posts)).toEqual(ends.map(() => ({ outcome: "delivered" })));
        for (const [index, end] of ends.entries()) {
          expect((await clients[index]?.next()) === "x".repeat(length) + (end ?? "")).toBe(true);
        }
      },
    );

    it("returns gone for a connection that has closed", async () => {
      const { connections, connect } = await create();
      const { consumer, close } = await connect();
      await close();
      expect(await connections.post(consumer, frame("late"))).toEqual({ outcome: "gone" });
    });

    it.each(["L0SM9cOFvHcCIhw=", "never/was=", "a#b?c%20d", "..", "ü"])(
      "returns gone for a connection that never existed: %s",
      async (connectionId) => {
        const { connections, connect } = await create();
        const { consumer } = await connect();
        const stranger = { ...consumer, connectionId };
        expect(await connections.post(stranger, frame("lost"))).toEqual({ outcome: "gone" });
      },
    );

    it.each(outcomes)(
      "turns the fault %s into the outcome %s after one attempt",
      async (fault, outcome, retryable) => {
        const { connections, connect, fail, posts } = await create();
        const { consumer } = await connect();
        fail(fault);
        const result = await connections.post(consumer, frame("lost"));
        expect(result.outcome).toBe(outcome);
        expect(result.outcome === "failed" ? result.retryable : undefined).toBe(retryable);
        if (result.outcome === "failed") expect(result.reason).toMatch(/\w/);
        expect(posts()).toBe(1);
      },
    );

    it("posts successfully again after a failure", async () => {
      const { connections, connect, fail } = await create();
      const { consumer, next } = await connect();
      const recover = fail("reset");
      expect(await connections.post(consumer, frame("lost"))).toMatchObject({ outcome: "failed" });
      recover();
      expect(await connections.post(consumer, frame("found"))).toEqual({ outcome: "delivered" });
      expect(await next()).toBe("found");
    });
  });
}
