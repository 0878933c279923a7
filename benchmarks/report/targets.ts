import type { Way } from "../latency/orders.ts";
import type { SmallTopicRow } from "../small-topic/rows.ts";
import type { RunId } from "./plan.ts";
import type { CoalesceRate, CoalesceWay, Figure } from "./raw-result.ts";
import type { Results } from "./results.ts";
import {
  atLeast,
  atMost,
  cents,
  combine,
  duration,
  fineShare,
  type Measure,
  mean,
  megabytes,
  millis,
  share,
  type Target,
  times,
  yes,
  zero,
} from "./target.ts";

const postsTargets: readonly Target[] = [
  atMost(1.3, times, "one post: our CPU time / the floor's CPU time", (results) => {
    return results.find("posts")?.posts?.ratioToFloor;
  }),
  atLeast(6, times, "one post: the tuned SDK's CPU time / our CPU time", (results) => {
    return results.find("posts")?.posts?.ratioToSdk;
  }),
];

const fanoutTargets: readonly Target[] = [
  zero("100,000 subscribers: subscribers not reached", (results) => {
    const fanout = results.find("fanout-100000")?.fanout;
    return combine(fanout?.subscribers, fanout?.ours.reached, (all, reached) => all - reached);
  }),
  zero("100,000 subscribers: duplicate posts", (results) => {
    return results.find("fanout-100000")?.fanout?.ours.duplicates;
  }),
  atMost(150, megabytes, "100,000 subscribers: memory growth of a worker", (results) => {
    return results.find("fanout-100000")?.fanout?.ours.rssGrowthMb;
  }),
  atMost(11, times, "100,000 subscribers: seconds / seconds for 10,000", (results) => {
    const readSeconds = (id: RunId): Figure | undefined => results.find(id)?.fanout?.ours.seconds;
    return combine(readSeconds("fanout-100000"), readSeconds("fanout-10000"), (many, fewer) => many / fewer);
  }),
  atLeast(4, times, "100,000 subscribers: posts per second / the SDK page loop's", (results) => {
    return results.find("fanout-100000")?.fanout?.speedRatioToSdkPool.median;
  }),
  atMost(
    0.009,
    fineShare,
    "1,000 subscribers, 500 bytes, warm workers: cost in addition to API Gateway's messages",
    (results) => {
      return results.find("fanout-1000")?.fanout?.oursWarm.overheadRatio;
    },
  ),
];

function throttleTargets(id: RunId, who: string): Target[] {
  const ours =
    (name: "goodputRatio" | "rejectedRatio" | "lost"): Measure =>
    (results) =>
      results.find(id)?.throttle?.ours[name];
  return [
    atLeast(0.95, share, `quota of 2,000 posts per second, ${who}: goodput`, ours("goodputRatio")),
    atMost(0.05, share, `quota of 2,000 posts per second, ${who}: rejected posts`, ours("rejectedRatio")),
    zero(`quota of 2,000 posts per second, ${who}: subscribers not reached`, ours("lost")),
  ];
}

const hotTopicTargets: readonly Target[] = [
  atLeast(0.5, times, "one topic, 8 producers: publishes / bare puts of one loop", (results) => {
    return results.find("hot-topic")?.hotTopic?.ratio;
  }),
  yes("one topic, 8 producers: the log is contiguous", (results) => {
    return results.find("hot-topic")?.hotTopic?.contiguous;
  }),
  zero("one topic, 8 producers: publications missing from the log", (results) => {
    return results.find("hot-topic")?.hotTopic?.lost;
  }),
];

const COALESCE_RATE = 200;

const findRate = (results: Results): CoalesceRate | undefined =>
  results
    .find("coalesce")
    ?.coalesce?.rates.find(({ publishesPerSecond }) => publishesPerSecond === COALESCE_RATE);

const countFaults = (way: CoalesceWay): number => way.lost + way.duplicates + way.wrong;

const coalesceTargets: readonly Target[] = [
  atLeast(5, mean, `${COALESCE_RATE} publishes per second: events per post`, (results) => {
    return findRate(results)?.coalescing.eventsPerPost;
  }),
  zero(`${COALESCE_RATE} publishes per second: events lost, duplicated or altered`, (results) => {
    const rate = findRate(results);
    return rate && countFaults(rate.coalescing);
  }),
  zero(
    `${COALESCE_RATE} publishes per second: data frames in another order than the shared frames`,
    (results) => {
      return findRate(results)?.coalescing.reordered;
    },
  ),
];

const smallTopicRow =
  (path: SmallTopicRow["path"], figure: keyof SmallTopicRow, publicationId = false): Measure =>
  (results) => {
    const rows = results.find("small-topic")?.smallTopic?.rows ?? [];
    const row = rows.find(
      (each) => each.subscribers === 1 && each.path === path && each.publicationId === publicationId,
    );
    return row && Number(row[figure]);
  };

const smallTopicTargets: readonly Target[] = [
  atMost(2, mean, "1 subscriber, through the queue: write units", smallTopicRow("queue", "writeUnits")),
  atMost(1.5, mean, "1 subscriber, through the queue: read units", smallTopicRow("queue", "readUnits")),
  atMost(
    4,
    cents,
    "1 subscriber, through the queue: a million, beyond the posts",
    smallTopicRow("queue", "dollarsPerMillionBeyondPosts"),
  ),
  atMost(
    5.2,
    cents,
    "1 subscriber, through the queue, with a publication id: a million, beyond the posts",
    smallTopicRow("queue", "dollarsPerMillionBeyondPosts", true),
  ),
  atMost(2, mean, "1 subscriber, inline: write units", smallTopicRow("inline", "writeUnits")),
  atMost(1.5, mean, "1 subscriber, inline: read units", smallTopicRow("inline", "readUnits")),
  zero("1 subscriber, inline: SQS requests", smallTopicRow("inline", "sqsRequests")),
  zero("1 subscriber, inline: worker invocations", smallTopicRow("inline", "invocations")),
  atMost(
    1.8,
    cents,
    "1 subscriber, inline: a million, beyond the posts",
    smallTopicRow("inline", "dollarsPerMillionBeyondPosts"),
  ),
];

const medianToOne =
  (way: Way): Measure =>
  (results) =>
    results.find("latency")?.latency?.one[way].spread.p50Ms.median;

/** DynamoDB Local takes most of both: what the library adds shows in the second. */
const latencyTargets: readonly Target[] = [
  atMost(5, duration, "1 subscriber, inline: publish to received, median", medianToOne("inline")),
  atMost(1, times, "1 subscriber, inline: publish to received / the same by hand with the SDK", (results) =>
    combine(medianToOne("inline")(results), medianToOne("byHand")(results), (ours, byHand) => ours / byHand),
  ),
];

const idleTarget = (topics: number, most: number): Target =>
  atMost(most, millis, `quiet connection, topics: ${topics}, heartbeats of a month`, (results) => {
    const rows = results.find("idle")?.idle?.rows ?? [];
    return rows.find((row) => row.topics === topics)?.dollarsPerConnectionMonth;
  });

const idleTargets: readonly Target[] = [idleTarget(1, 0.035), idleTarget(10, 0.07), idleTarget(100, 0.25)];

const coldStartTargets: readonly Target[] = [
  atMost(0.8, times, "cold start: INIT of the fan-out function / INIT of the two clients", (results) => {
    return results.find("cold-start")?.coldStart?.ratio;
  }),
];

const TARGETS: readonly Target[] = [
  ...postsTargets,
  ...fanoutTargets,
  ...throttleTargets("throttle-1", "1 worker"),
  ...throttleTargets("throttle-4", "4 workers"),
  ...hotTopicTargets,
  ...coalesceTargets,
  ...smallTopicTargets,
  ...latencyTargets,
  ...idleTargets,
  ...coldStartTargets,
];

/** Returns one row per target: what it is about, wanted and measured value, and verdict. */
export function targetRows(results: Results): string[][] {
  return TARGETS.map(({ what, wanted, measured, show, holds }) => {
    const value = measured(results);
    if (typeof value !== "number") return [what, wanted, "–", "not measured"];
    return [what, wanted, show(value), holds(value) ? "holds" : "**does not hold**"];
  });
}
