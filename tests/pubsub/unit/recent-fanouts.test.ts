import { expect, it } from "vitest";
import { createRecentFanouts } from "../../../packages/pubsub/src/core/fanout/recent-fanouts.ts";
import type { Publication } from "../../../packages/pubsub/src/core/types.ts";

const publication = (offset: number, changes: Partial<Publication> = {}): Publication => {
  return { topicId: "t", epoch: "0m1c2d3e4", offset, ...changes };
};

it("returns true for queued publications, false for rejected and undefined for unknown ones", async () => {
  const recent = createRecentFanouts();
  recent.remember([publication(1), publication(2)], Promise.resolve());
  recent.remember([publication(3)], Promise.reject(new Error("no queue")));
  const asked = [1, 2, 3, 4].map((offset) => recent.isQueued(publication(offset)));
  expect(await Promise.all(asked)).toEqual([true, true, false, undefined]);
});

it("returns undefined for the same offset of another topic or epoch", async () => {
  const recent = createRecentFanouts();
  recent.remember([publication(1)], Promise.resolve());
  expect(await recent.isQueued(publication(1, { topicId: "u" }))).toBe(undefined);
  expect(await recent.isQueued(publication(1, { epoch: "0m1c2d3e5" }))).toBe(undefined);
});

it("waits for a publication that is being queued, then returns true", async () => {
  const recent = createRecentFanouts();
  let queued = (): void => {};
  const queueing = new Promise<void>((resolve) => {
    queued = resolve;
  });
  recent.remember([publication(1)], queueing);
  let answer: boolean | undefined;
  const asked = recent.isQueued(publication(1)).then((isQueued) => {
    answer = isQueued;
  });
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  expect(answer).toBeUndefined();
  queued();
  await asked;
  expect(answer).toBe(true);
});

it("remembers the last thousand publications and forgets the one before them", async () => {
  const recent = createRecentFanouts();
  const all = Array.from({ length: 1_000 }, (_, n) => publication(n + 1));
  recent.remember(all, Promise.resolve());
  expect(await recent.isQueued(publication(1))).toBe(true);
  recent.remember([publication(1_001)], Promise.resolve());
  const asked = [1, 2, 1_001].map((offset) => recent.isQueued(publication(offset)));
  expect(await Promise.all(asked)).toEqual([undefined, true, true]);
});
