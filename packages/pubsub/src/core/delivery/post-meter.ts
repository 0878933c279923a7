import type { PostTotals, QuickRetries, QuickRetryCause } from "../pipeline-events.ts";
import type { PostResult } from "../ports.ts";
import type { ThrottleScope } from "./throttle-judge.ts";

/** Counts the posts of one unit of work. */
export interface PostMeter {
  posted(
    result: PostResult,
    post: { events: number; latencyMs: number; scope: ThrottleScope | undefined },
  ): void;
  /** Counts a quick retry that was delivered. `cause` is the failure of the post before it. */
  recovered(cause: QuickRetryCause): void;
  totals(): PostTotals;
}

/** CloudWatch accepts 100 values of a metric at once. Fewer are enough for a page. */
const LATENCIES_MAX = 64;
/** The number of reasons counted apart for each kind. It is limited because another server writes their text. */
const REASONS_MAX = 8;
const OTHER_REASON = "other";

export function createPostMeter(): PostMeter {
  const counts = { posts: 0, delivered: 0, events: 0, gone: 0, throttled: 0, failed: 0 };
  let latenciesMs: number[] = [];
  let latencyEvery = 1;
  let throttledConsumer = 0;
  const quickRetries = new Map<QuickRetryCause["kind"], Map<string, number>>();
  return {
    posted({ outcome }, { events, latencyMs, scope }) {
      if (counts.posts % latencyEvery === 0) latenciesMs.push(latencyMs);
      // Drop every second latency, and from now on record half as many, so that the sample covers the whole page
      if (latenciesMs.length > LATENCIES_MAX) {
        latenciesMs = latenciesMs.filter((_, index) => index % 2 === 0);
        latencyEvery *= 2;
      }
      counts.posts += 1;
      counts[outcome] += 1;
      if (outcome === "delivered") counts.events += events;
      if (scope === "consumer") throttledConsumer += 1;
    },
    recovered({ kind, reason }) {
      const ofKind = quickRetries.get(kind) ?? new Map<string, number>();
      quickRetries.set(kind, ofKind);
      const name = ofKind.has(reason) || ofKind.size < REASONS_MAX ? reason : OTHER_REASON;
      ofKind.set(name, (ofKind.get(name) ?? 0) + 1);
    },
    totals() {
      const { throttled, ...rest } = counts;
      return {
        ...rest,
        throttledAccount: throttled - throttledConsumer,
        throttledConsumer,
        latenciesMs,
        quickRetries: [...quickRetries].flatMap(([kind, ofKind]) =>
          [...ofKind].map(([reason, count]): QuickRetries => ({ kind, reason, count })),
        ),
      };
    },
  };
}
