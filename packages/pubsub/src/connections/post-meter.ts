import type { PostTotals } from "../pipeline-events.ts";
import type { PostResult } from "../ports.ts";
import type { ThrottleScope } from "./throttle-judge.ts";

/** Counts the posts of one unit of work. */
export interface PostMeter {
  posted(
    result: PostResult,
    post: { events: number; latencyMs: number; scope: ThrottleScope | undefined },
  ): void;
  totals(): PostTotals;
}

/** CloudWatch takes 100 values of a metric at once; fewer say as much about a page. */
const LATENCIES_MAX = 64;

export function createPostMeter(): PostMeter {
  const counts = { posts: 0, delivered: 0, events: 0, gone: 0, throttled: 0, failed: 0 };
  const latenciesMs: number[] = [];
  let throttledConsumer = 0;
  return {
    posted({ outcome }, { events, latencyMs, scope }) {
      // The first ones, and then ever rarer ones in their places, so that the sample spans the page
      const place = counts.posts < LATENCIES_MAX ? counts.posts : (counts.posts * 7) % LATENCIES_MAX;
      latenciesMs[place] = latencyMs;
      counts.posts += 1;
      counts[outcome] += 1;
      if (outcome === "delivered") counts.events += events;
      if (scope === "consumer") throttledConsumer += 1;
    },
    totals() {
      const { throttled, ...rest } = counts;
      return { ...rest, throttledAccount: throttled - throttledConsumer, throttledConsumer, latenciesMs };
    },
  };
}
