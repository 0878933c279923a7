import { expect, it } from "vitest";
import {
  type Concurrency,
  createConcurrency,
} from "../../../packages/pubsub/src/core/delivery/concurrency.ts";

type Moment = Parameters<Concurrency["observe"]>[0];

/** Creates a limit of a hundred, at which posts usually take ten milliseconds. */
function settled({ min = 10, max = 1_000 } = {}): Concurrency & { see(changes?: Partial<Moment>): number } {
  const concurrency = createConcurrency({ initial: 100, min, max });
  // Hardly any post was in flight in this window, so the limit stays
  concurrency.observe({ latencyMs: 10, maxInFlight: 1, load: 0 });
  expect(concurrency.limit).toBe(100);
  return {
    get limit() {
      return concurrency.limit;
    },
    observe: concurrency.observe,
    see(changes = {}) {
      concurrency.observe({ latencyMs: 10, maxInFlight: 100, load: 0, ...changes });
      return concurrency.limit;
    },
  };
}

it("grows by a fifth of its square root while latency is usual", () => {
  const { see } = settled();
  expect(see()).toBe(102);
  expect(see()).toBe(104);
  for (let moments = 0; moments < 10; moments++) see({ maxInFlight: 200 });
  expect(see()).toBeGreaterThan(120);
});

it("grows at 1.5 times the usual latency, which may be chance", () => {
  expect(settled().see({ latencyMs: 15 })).toBe(102);
});

it.each([
  ["by a fifth of the difference that latency suggests", 20, 97],
  ["by at most a tenth", 1_000, 92],
])("shrinks %s if posts wait for each other", (_, latencyMs, limit) => {
  expect(settled().see({ latencyMs })).toBe(limit);
});

it("stays between its minimum and maximum", () => {
  const high = settled({ max: 101 });
  expect([high.see(), high.see()]).toEqual([101, 101]);
  const low = settled({ min: 90 });
  for (let moments = 0; moments < 10; moments++) low.see({ latencyMs: 1_000 });
  expect(low.limit).toBe(90);
});

it("does not change in windows in which less than half of it was in use", () => {
  expect(settled().see({ maxInFlight: 49 })).toBe(100);
  expect(settled().see({ maxInFlight: 49, latencyMs: 1_000 })).toBe(100);
  expect(settled().see({ maxInFlight: 50 })).toBe(102);
});

it("does not grow in a busy process, but shrinks there if latency is high", () => {
  expect(settled().see({ load: 0.76 })).toBe(100);
  expect(settled().see({ load: 0.75 })).toBe(102);
  expect(settled().see({ load: 1, latencyMs: 1_000 })).toBe(92);
});

it("takes a slowly rising latency as the usual one after many windows", () => {
  const { see } = settled();
  for (let moments = 0; moments < 1_000; moments++) see({ latencyMs: 20, maxInFlight: 1 });
  expect(see({ latencyMs: 29 })).toBe(102);
});

it("recognizes high latency soon after a long period of high latency", () => {
  const { see } = settled();
  for (let moments = 0; moments < 1_000; moments++) see({ latencyMs: 100, maxInFlight: 1 });
  for (let moments = 0; moments < 60; moments++) see({ maxInFlight: 1 });
  expect(see({ latencyMs: 60 })).toBeLessThan(100);
});

it("grows if posts take less time than the clock can measure", () => {
  const concurrency = createConcurrency({ initial: 100, min: 10, max: 1_000 });
  concurrency.observe({ latencyMs: 0, maxInFlight: 100, load: 0 });
  expect(concurrency.limit).toBe(102);
});
