import { expect, it } from "vitest";
import { inTurn } from "../../../packages/pubsub/src/core/delivery/in-turn.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import { encodeUtf8 } from "../../../packages/pubsub/src/core/utf8.ts";
import { createVirtualClock } from "../../../packages/pubsub/src/testing/virtual-clock.ts";
import { consumerOf } from "../../support/samples.ts";

const decoder = new TextDecoder();

it("makes one post to a connection at a time, and keeps the order of its posts", async () => {
  const clock = createVirtualClock({ seed: 7, startMs: 0 });
  const underWay = new Set<string>();
  const received = new Map<string, string[]>();
  let most = 0;
  const connections = inTurn({
    async post({ connectionId }, { body }) {
      expect(underWay.has(connectionId)).toBe(false);
      underWay.add(connectionId);
      most = Math.max(most, underWay.size);
      await clock.sleep(clock.random() * 100);
      received.set(connectionId, [...(received.get(connectionId) ?? []), decoder.decode(body)]);
      underWay.delete(connectionId);
      const throttled = clock.random() < 0.3;
      return throttled ? { outcome: "throttled" } : { outcome: "delivered" };
    },
  });
  const texts = Array.from({ length: 20 }, (_, n) => `${n}`);
  const posts = ["a", "b", "c"].flatMap((id) =>
    texts.map((text) => connections.post(consumerOf(id), { body: encodeUtf8(text) })),
  );
  await clock.run(Promise.all(posts));
  for (const id of ["a", "b", "c"]) expect(received.get(id)).toEqual(texts);
  expect(most).toBe(3);
});

it("posts at the same time to connections with one id on different stages or domains", async () => {
  const begun: Consumer[] = [];
  const connections = inTurn({
    post(consumer) {
      begun.push(consumer);
      return new Promise<PostResult>(() => {});
    },
  });
  const one = consumerOf("same");
  const others = [one, { ...one, stage: "prod" }, { ...one, domainName: "other.example.com" }];
  for (const consumer of others) void connections.post(consumer, { body: encodeUtf8("x") });
  await Promise.resolve();
  expect(begun).toEqual(others);
});

it("returns to each post its own result", async () => {
  const results: PostResult[] = [{ outcome: "throttled" }, { outcome: "gone" }, { outcome: "delivered" }];
  let next = 0;
  const connections = inTurn({ post: async () => results[next++] ?? { outcome: "gone" } });
  const posts = results.map(() => connections.post(consumerOf("a"), { body: encodeUtf8("x") }));
  expect(await Promise.all(posts)).toEqual(results);
});

it("begins a post at once if no earlier post is under way, and otherwise after the earlier post ends", async () => {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const connections = inTurn({
    post: (_, { body }) =>
      new Promise((resolve) => {
        begun.push(decoder.decode(body));
        ends.push(() => resolve({ outcome: "delivered" }));
      }),
  });
  const post = (text: string): Promise<PostResult> =>
    connections.post(consumerOf("a"), { body: encodeUtf8(text) });
  const [first, second] = [post("first"), post("second")];
  ends[0]?.();
  await first;
  await Promise.resolve();
  expect(begun).toEqual(["first", "second"]);
  const third = post("third");
  await Promise.resolve();
  expect(begun).toEqual(["first", "second"]);
  ends[1]?.();
  await second;
  await Promise.resolve();
  ends[2]?.();
  await third;
  void post("fourth");
  expect(begun).toEqual(["first", "second", "third", "fourth"]);
});
