import { expect, it } from "vitest";
import { createPostMeter } from "../../../packages/pubsub/src/core/delivery/post-meter.ts";
import type { ThrottleScope } from "../../../packages/pubsub/src/core/delivery/throttle-judge.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";

it("counts posts by outcome, and the events of the delivered posts", () => {
  const meter = createPostMeter();
  const posts: [PostResult, number, ThrottleScope | undefined][] = [
    [{ outcome: "delivered" }, 3, undefined],
    [{ outcome: "delivered" }, 2, undefined],
    [{ outcome: "gone" }, 1, undefined],
    [{ outcome: "throttled" }, 1, "account"],
    [{ outcome: "throttled" }, 1, "account"],
    [{ outcome: "throttled" }, 1, "consumer"],
    [{ outcome: "failed", retryable: true, reason: "500" }, 1, undefined],
  ];
  for (const [result, events, scope] of posts) meter.posted(result, { events, scope, latencyMs: 7 });
  expect(meter.totals()).toEqual({
    posts: 7,
    delivered: 2,
    events: 5,
    gone: 1,
    throttledAccount: 2,
    throttledConsumer: 1,
    failed: 1,
    latenciesMs: Array(7).fill(7),
    quickRetries: [],
  });
});

it("counts delivered quick retries by the reason of the failure, with at most eight reasons of a kind and then other", () => {
  const meter = createPostMeter();
  meter.recovered({ kind: "throttled", reason: "throttled (429)" });
  for (let code = 500; code < 520; code++) meter.recovered({ kind: "5xx", reason: `${code}` });
  meter.recovered({ kind: "5xx", reason: "500" });
  const { quickRetries } = meter.totals();
  expect(quickRetries).toEqual([
    { kind: "throttled", reason: "throttled (429)", count: 1 },
    { kind: "5xx", reason: "500", count: 2 },
    ...["501", "502", "503", "504", "505", "506", "507"].map((reason) => ({ kind: "5xx", reason, count: 1 })),
    { kind: "5xx", reason: "other", count: 12 },
  ]);
});

// A sample of only the last 64 posts of a page would hide slow posts at its beginning from every metric
it.each([64, 65, 1_000, 5_000])("keeps at most 64 latencies, evenly spread over %d posts", (posts) => {
  const meter = createPostMeter();
  for (let post = 0; post < posts; post++) {
    meter.posted({ outcome: "delivered" }, { events: 1, scope: undefined, latencyMs: post });
  }
  const { latenciesMs } = meter.totals();
  expect(latenciesMs.length).toBeGreaterThan(32);
  expect(latenciesMs.length).toBeLessThanOrEqual(64);
  const [first = -1, second = -1] = latenciesMs;
  const every = second - first;
  expect(latenciesMs).toEqual(latenciesMs.map((_, index) => index * every));
  expect(posts - (latenciesMs.at(-1) ?? 0)).toBeLessThanOrEqual(every);
});
