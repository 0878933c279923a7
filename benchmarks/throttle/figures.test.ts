import { expect, it } from "vitest";
import type { SinkReport } from "../support/sink-protocol.ts";
import { throttleFigures } from "./figures.ts";

const report = (accepted: number[], more: Partial<SinkReport> = {}): SinkReport => {
  const total = accepted.reduce((sum, count) => sum + count, 0);
  return {
    posts: total,
    accepted: total,
    rejected: 0,
    reached: total,
    duplicates: 0,
    meteredMessages: total,
    firstPostAtMs: 10_000,
    lastAcceptedAtMs: 10_000 + accepted.length * 100,
    timeline: { stepMs: 100, accepted, rejected: [] },
    ...more,
  };
};
const steps = (count: number, each: number): number[] => Array(count).fill(each);

it("excludes the burst of the first second from the goodput", () => {
  const at = { quota: 1_000, connections: 6_500 };
  expect(throttleFigures(report([...steps(10, 150), ...steps(50, 100)]), at).goodputRatio).toBe(1);
  expect(throttleFigures(report([...steps(10, 150), ...steps(50, 80)]), at).goodputRatio).toBeCloseTo(
    0.8,
    10,
  );
});

it("includes a pause in the goodput, but not the last 1 % of the posts", () => {
  const at = { quota: 1_000, connections: 5_000 };
  const paused = report([...steps(10, 100), ...steps(20, 0), ...steps(20, 100)]);
  expect(throttleFigures(paused, at).goodputRatio).toBe(0.5);
  const tail = report([...steps(50, 100), ...steps(99, 0), 50]);
  expect(throttleFigures(tail, at)).toMatchObject({ goodputRatio: 1, seconds: 15 });
});

it("counts rejected posts, connections not reached, and duplicates", () => {
  const some = report(steps(20, 50), { posts: 1_250, rejected: 250, reached: 990, duplicates: 10 });
  expect(throttleFigures(some, { quota: 1_000, connections: 1_000 })).toMatchObject({
    rejectedRatio: 0.2,
    lost: 10,
    duplicates: 10,
  });
});

it("returns NaN as goodput if all posts ended within the first second", () => {
  expect(throttleFigures(report(steps(5, 10)), { quota: 1_000, connections: 50 }).goodputRatio).toBeNaN();
  expect(throttleFigures(report([]), { quota: 1_000, connections: 50 }).lost).toBe(50);
});
