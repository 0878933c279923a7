import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createDelayLine } from "./delay-line.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

it("runs everything after the same delay, in order, and nothing before it", () => {
  const line = createDelayLine();
  const ran: number[] = [];
  for (let n = 0; n < 20; n++) line.after(100, () => ran.push(n));
  vi.advanceTimersByTime(60);
  line.after(100, () => ran.push(20));
  vi.advanceTimersByTime(39);
  expect(ran).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(ran).toEqual(Array.from({ length: 20 }, (_, n) => n));
  vi.advanceTimersByTime(60);
  expect(ran.at(-1)).toBe(20);
});

it("runs at once what has no delay, unless something waits before it", () => {
  const line = createDelayLine();
  const ran: string[] = [];
  line.after(0, () => ran.push("at once"));
  expect(ran).toEqual(["at once"]);
  line.after(10, () => ran.push("first"));
  line.after(0, () => ran.push("second"));
  expect(ran).toEqual(["at once"]);
  vi.advanceTimersByTime(10);
  expect(ran).toEqual(["at once", "first", "second"]);
});
