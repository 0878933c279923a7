import type { RunId } from "./plan.ts";
import type { CoalesceRate, CoalesceWay, Figure } from "./raw-result.ts";
import type { Results } from "./results.ts";
import {
  atLeast,
  atMost,
  combined,
  type Measure,
  mean,
  megabytes,
  none,
  share,
  type Target,
  times,
  yes,
} from "./target.ts";

const postsTargets: readonly Target[] = [
  atMost(1.3, times, "one post: our CPU time over the floor's", (results) => {
    return results.of("posts")?.posts?.ratioToFloor;
  }),
  atLeast(6, times, "one post: the tuned SDK's CPU time over ours", (results) => {
    return results.of("posts")?.posts?.ratioToSdk;
  }),
];

const fanoutTargets: readonly Target[] = [
  none("100,000 subscribers: not reached", (results) => {
    const fanout = results.of("fanout-100000")?.fanout;
    return combined(fanout?.subscribers, fanout?.ours.reached, (all, reached) => all - reached);
  }),
  none("100,000 subscribers: posts beyond one to each", (results) => {
    return results.of("fanout-100000")?.fanout?.ours.duplicates;
  }),
  atMost(150, megabytes, "100,000 subscribers: growth of a worker's memory", (results) => {
    return results.of("fanout-100000")?.fanout?.ours.rssGrowthMb;
  }),
  atMost(11, times, "100,000 subscribers: seconds over those of 10,000", (results) => {
    const secondsOf = (id: RunId): Figure | undefined => results.of(id)?.fanout?.ours.seconds;
    return combined(secondsOf("fanout-100000"), secondsOf("fanout-10000"), (many, fewer) => many / fewer);
  }),
  atLeast(4, times, "100,000 subscribers: posts a second over the SDK page loop's", (results) => {
    return results.of("fanout-100000")?.fanout?.speedRatioToSdkPool.median;
  }),
  atMost(0.015, share, "1,000 subscribers, 500 bytes: cost on top of API Gateway's messages", (results) => {
    return results.of("fanout-1000")?.fanout?.ours.overheadRatio;
  }),
];

function throttleTargets(id: RunId, who: string): Target[] {
  const ours =
    (name: "goodputRatio" | "rejectedRatio" | "lost"): Measure =>
    (results) =>
      results.of(id)?.throttle?.ours[name];
  return [
    atLeast(0.95, share, `2,000 posts a second let through, ${who}: goodput`, ours("goodputRatio")),
    atMost(0.05, share, `2,000 posts a second let through, ${who}: refused`, ours("rejectedRatio")),
    none(`2,000 posts a second let through, ${who}: never reached`, ours("lost")),
  ];
}

const hotTopicTargets: readonly Target[] = [
  atLeast(0.5, times, "a topic of 8 producers: publishes over one loop's bare puts", (results) => {
    return results.of("hot-topic")?.hotTopic?.ratio;
  }),
  yes("a topic of 8 producers: the log is contiguous", (results) => {
    return results.of("hot-topic")?.hotTopic?.contiguous;
  }),
  none("a topic of 8 producers: publishes missing from the log", (results) => {
    return results.of("hot-topic")?.hotTopic?.lost;
  }),
];

const COALESCE_RATE = 200;

const rateOf = (results: Results): CoalesceRate | undefined =>
  results
    .of("coalesce")
    ?.coalesce?.rates.find(({ publishesPerSecond }) => publishesPerSecond === COALESCE_RATE);

const faultsOf = (way: CoalesceWay): number => way.lost + way.duplicates + way.wrong;

const coalesceTargets: readonly Target[] = [
  atLeast(5, mean, `${COALESCE_RATE} publishes a second: events a post`, (results) => {
    return rateOf(results)?.coalescing.eventsPerPost;
  }),
  none(`${COALESCE_RATE} publishes a second: events lost, twice or altered`, (results) => {
    const rate = rateOf(results);
    return rate && faultsOf(rate.coalescing);
  }),
  none(
    `${COALESCE_RATE} publishes a second: data frames in another order than the shared ones`,
    (results) => {
      return rateOf(results)?.coalescing.reordered;
    },
  ),
];

const coldStartTargets: readonly Target[] = [
  atMost(1.3, times, "cold start: the fan-out function's INIT over the two clients'", (results) => {
    return results.of("cold-start")?.coldStart?.ratio;
  }),
];

const TARGETS: readonly Target[] = [
  ...postsTargets,
  ...fanoutTargets,
  ...throttleTargets("throttle-1", "1 worker"),
  ...throttleTargets("throttle-4", "4 workers"),
  ...hotTopicTargets,
  ...coalesceTargets,
  ...coldStartTargets,
];

/** Rows of what, wanted, measured, and whether it holds. */
export function targetRows(results: Results): string[][] {
  return TARGETS.map(({ what, wanted, measured, show, holds }) => {
    const value = measured(results);
    if (typeof value !== "number") return [what, wanted, "–", "not measured"];
    return [what, wanted, show(value), holds(value) ? "holds" : "**does not hold**"];
  });
}
