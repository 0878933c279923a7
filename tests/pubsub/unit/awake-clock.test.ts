import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type AwakeClock, createAwakeClock } from "../../../packages/pubsub/src/aws/transport/awake-clock.ts";

let elapsedMs = 0;
let ticks = 0;
let clock: AwakeClock;

beforeEach(() => {
  elapsedMs = 1_000;
  ticks = 0;
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  vi.spyOn(performance, "now").mockImplementation(() => elapsedMs);
  clock = createAwakeClock(250, () => {
    ticks += 1;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Fires the timer once, `ms` after its last tick. */
function tickAfter(ms: number): void {
  elapsedMs += ms;
  vi.advanceTimersToNextTimer();
}

it("advances with the time at each tick and between ticks", () => {
  clock.start();
  tickAfter(250);
  tickAfter(250);
  elapsedMs += 100;
  expect(clock.nowMs()).toBe(600);
  expect(ticks).toBe(2);
});

it.each([501, 6_000, 3_600_000])(
  "counts a stall of %d ms as 500 ms, before and after the late tick",
  (ms) => {
    clock.start();
    elapsedMs += ms;
    expect(clock.nowMs()).toBe(500);
    tickAfter(0);
    expect(clock.nowMs()).toBe(500);
    tickAfter(250);
    expect(clock.nowMs()).toBe(750);
  },
);

it("does not advance while it is stopped, and never goes back", () => {
  clock.start();
  tickAfter(250);
  elapsedMs += 100;
  clock.stop();
  elapsedMs += 60_000;
  expect(clock.nowMs()).toBe(350);
  clock.start();
  clock.start();
  tickAfter(250);
  expect(clock.nowMs()).toBe(600);
  expect(ticks).toBe(2);
});
