import { expect, it } from "vitest";
import { verifyLog } from "./verify-log.ts";

const event = (offset: number, publicationId = `id-${offset}`) => ({ offset, publicationId });
const publish = (offset: number, startedMs: number, resolvedMs: number, publicationId = `id-${offset}`) => {
  return { offset, publicationId, startedMs, resolvedMs };
};

it("accepts overlapping publishes in any order of offsets", () => {
  const published = [publish(2, 0, 10), publish(1, 5, 12), publish(3, 13, 20)];
  expect(verifyLog([event(1), event(2), event(3)], published)).toEqual({
    contiguous: true,
    lost: 0,
    extra: 0,
    outOfOrder: 0,
  });
});

it("detects a missing offset and an offset that two publishes got", () => {
  expect(verifyLog([event(1), event(3)], []).contiguous).toBe(false);
  expect(verifyLog([event(2)], []).contiguous).toBe(false);
  const twice = [publish(1, 0, 1), publish(1, 2, 3, "another")];
  expect(verifyLog([event(1)], twice)).toMatchObject({ contiguous: true, lost: 1 });
});

it("counts lost publishes and events without a resolved publish", () => {
  expect(verifyLog([event(1)], [publish(1, 0, 1), publish(2, 2, 3)])).toMatchObject({ lost: 1, extra: 0 });
  expect(verifyLog([event(1), event(2)], [publish(1, 0, 1)])).toMatchObject({ lost: 0, extra: 1 });
});

it("counts a publish that began after another one resolved and got the lower offset", () => {
  const published = [publish(2, 0, 10), publish(1, 11, 20)];
  expect(verifyLog([event(1), event(2)], published).outOfOrder).toBe(1);
});
