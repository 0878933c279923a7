import { expect, it } from "vitest";
import {
  type Concurrency,
  createConcurrency,
} from "../../../packages/pubsub/src/core/delivery/concurrency.ts";

type Moment = Parameters<Concurrency["observe"]>[0];

/** A limit of a hundred, at which posts usually take ten milliseconds. */
function settled({ min = 10, max = 1_000 } = {}): Concurrency & { see(changes?: Partial<Moment>): number } {
  const concurrency = createConcurrency({ initial: 100, min, max });
  // Looked at while hardly any post was under way: the limit stays
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

it("grows by a fifth of its root while latency is what it usually is", () => {
  const { see } = settled();
  expect(see()).toBe(102);
  expect(see()).toBe(104);
  for (let moments = 0; moments < 10; moments++) see({ maxInFlight: 200 });
  expect(see()).toBeGreaterThan(120);
});

it("takes half again the usual latency for chance", () => {
  expect(settled().see({ latencyMs: 15 })).toBe(102);
});

it.each([
  ["by a fifth of what latency says", 20, 97],
  ["by a tenth at the most", 1_000, 92],
])("shrinks %s where posts wait for each other", (_, latencyMs, limit) => {
  expect(settled().see({ latencyMs })).toBe(limit);
});

it("stays between its bounds", () => {
  const high = settled({ max: 101 });
  expect([high.see(), high.see()]).toEqual([101, 101]);
  const low = settled({ min: 90 });
  for (let moments = 0; moments < 10; moments++) low.see({ latencyMs: 1_000 });
  expect(low.limit).toBe(90);
});

it("is not moved by moments in which less than half of it was in use", () => {
  expect(settled().see({ maxInFlight: 49 })).toBe(100);
  expect(settled().see({ maxInFlight: 49, latencyMs: 1_000 })).toBe(100);
  expect(settled().see({ maxInFlight: 50 })).toBe(102);
});

it("does not grow in a process that is busy, but shrinks in it", () => {
  expect(settled().see({ load: 0.76 })).toBe(100);
  expect(settled().see({ load: 0.75 })).toBe(102);
  expect(settled().see({ load: 1, latencyMs: 1_000 })).toBe(92);
});

it("follows latency that is slowly rising, as usual", () => {
  const { see } = settled();
  for (let moments = 0; moments < 1_000; moments++) see({ latencyMs: 20, maxInFlight: 1 });
  expect(see({ latencyMs: 29 })).toBe(102);
});

it("knows high latency again soon after it was high for long", () => {
  const { see } = settled();
  for (let moments = 0; moments < 1_000; moments++) see({ latencyMs: 100, maxInFlight: 1 });
  for (let moments = 0; moments < 60; moments++) see({ maxInFlight: 1 });
  expect(see({ latencyMs: 60 })).toBeLessThan(100);
});

it("grows where posts take no time that a clock can tell", () => {
  const concurrency = createConcurrency({ initial: 100, min: 10, max: 1_000 });
  concurrency.observe({ latencyMs: 0, maxInFlight: 100, load: 0 });
  expect(concurrency.limit).toBe(102);
});
