import { describe, expect, it } from "vitest";
import type { Line } from "./lines.ts";
import { computeMemorySlopes, toLeakViolations } from "./run/leaks.ts";

const none = { subscriptions: 0, connections: 0, processes: 0, handles: 0 };

/** A resident memory that grows by 1.5 MB every two seconds, until a collection every 130 s, and by `leak` MB a minute. */
const lifeOf = (seconds: number, { leak = 0 } = {}): Line[] =>
  Array.from({ length: seconds / 2 }, (_, index): Line => {
    const at = index * 2_000;
    return { k: "rss", at, caller: "stack/1", mb: 180 + 1.5 * (index % 65) + (leak * at) / 60_000 } as Line;
  });

describe("the memory of a process", () => {
  it("is not judged within five minutes, which may end in the middle of a collection's period", () => {
    expect(computeMemorySlopes(lifeOf(270))).toEqual({});
  });

  it("that is collected every two minutes is no leak in a life of ten", () => {
    expect(toLeakViolations({ ...none, mbPerMinute: computeMemorySlopes(lifeOf(700)) })).toEqual([]);
  });

  it("that also grows by 20 MB a minute is a leak in a life of ten", () => {
    const mbPerMinute = computeMemorySlopes(lifeOf(700, { leak: 20 }));
    expect(toLeakViolations({ ...none, mbPerMinute })).toMatchObject([{ promise: "leak" }]);
  });
});
