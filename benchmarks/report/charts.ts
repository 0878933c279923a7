import { WAY_NAMES } from "../fanout/summarize.ts";
import { CLIENT_NAMES, type Client } from "../posts/result.ts";
import { VARIANT_NAMES } from "../throttle/result.ts";
import type { Figure, ThrottleVariant } from "./raw-result.ts";
import { fanoutResults, type Results } from "./results.ts";
import { barChart } from "./svg/bar-chart.ts";
import { lineChart, type Point, type Series } from "./svg/line-chart.ts";

/** Okabe and Ito's palette: colour-blind readers can distinguish these colours, too. */
const COLOURS = {
  ours: "#0072b2",
  oursMany: "#56b4e9",
  first: "#d55e00",
  sdk: "#009e73",
  sdkOther: "#cc79a7",
} as const;

export type ChartName = "posts" | "fanout-time" | "fanout-memory" | "throttle";

/** Renders the charts for which there are figures. */
export function renderCharts(results: Results): Partial<Record<ChartName, string>> {
  const posts = postsChart(results);
  const time = fanoutChart(results, "seconds", "Publish to the last post", "seconds");
  const memory = fanoutChart(results, "rssGrowthMb", "Memory growth of the posting process", "MB");
  const throttle = throttleChart(results);
  return {
    ...(posts && { posts }),
    ...(time && { "fanout-time": time }),
    ...(memory && { "fanout-memory": memory }),
    ...(throttle && { throttle }),
  };
}

function postsChart(results: Results): string | undefined {
  const posts = results.find("posts")?.posts;
  if (!posts) return undefined;
  const bar = (client: Client, colour: string) => {
    const { median: value, min, max } = posts[client].spreads.cpuMicrosPerPost;
    return { name: CLIENT_NAMES[client], colour, value, min, max };
  };
  return barChart({
    title: "CPU time of one post",
    name: "µs, median and spread over the rounds",
    bars: [
      bar("sdk", COLOURS.sdk),
      bar("https", COLOURS.sdkOther),
      bar("ours", COLOURS.ours),
      bar("floor", COLOURS.first),
    ],
  });
}

const FANOUT_COLOURS = [
  ["ours", COLOURS.ours],
  ["seed", COLOURS.first],
  ["sdkPool", COLOURS.sdk],
] as const;

function fanoutChart(
  results: Results,
  figure: "seconds" | "rssGrowthMb",
  title: string,
  unit: string,
): string | undefined {
  const measured = fanoutResults(results);
  const series = FANOUT_COLOURS.map(([way, colour]): Series => {
    const points = measured.flatMap((fanout): Point[] => {
      const y = fanout[way][figure];
      // A logarithmic scale has no place for 0
      if (y === null || y <= 0) return [];
      return [{ x: fanout.subscribers, y, hollow: Number(fanout[way].reached) < fanout.subscribers }];
    });
    return { name: WAY_NAMES[way], colour, points, marked: true };
  });
  const drawn = series.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return undefined;
  const hollow = drawn.some(({ points }) => points.some((point) => point.hollow));
  return lineChart({
    title,
    x: { name: "subscribers", scale: "log" },
    y: { name: unit, scale: "log" },
    series: drawn,
    ...(hollow && {
      note: "Hollow: some subscribers were not reached. The figure covers only those that were.",
    }),
  });
}

/** Length of the timeline that becomes one point of the chart. A single step is too short to show a rate. */
const STEP_MS = 500;

function throttleChart(results: Results): string | undefined {
  const one = results.find("throttle-1")?.throttle;
  const many = results.find("throttle-4")?.throttle;
  const quota: Figure | undefined = one?.quota ?? many?.quota;
  if (quota === undefined) return undefined;
  const series = [
    ...timeline("ours, 1 worker", COLOURS.ours, one?.ours),
    ...timeline(`ours, ${many?.workers} workers`, COLOURS.oursMany, many?.ours),
    ...timeline(`${VARIANT_NAMES.sdkStandard}, 1 process`, COLOURS.sdk, one?.sdkStandard),
    ...timeline(`${VARIANT_NAMES.sdkAdaptive}, 1 process`, COLOURS.sdkOther, one?.sdkAdaptive),
  ];
  if (series.length === 0) return undefined;
  return lineChart({
    title: "Posts accepted under the account's rate",
    x: { name: "seconds since the first post", scale: "linear" },
    y: { name: "posts accepted per second", scale: "linear" },
    series,
    level: { at: quota, name: "the quota" },
    note: "At first, more posts than the quota are accepted, because the account's bucket starts full.",
  });
}

function timeline(name: string, colour: string, variant: ThrottleVariant | undefined): Series[] {
  if (!variant?.timeline) return [];
  const { stepMs, accepted } = variant.timeline;
  const width = Math.max(1, Math.round(STEP_MS / stepMs));
  const points: Point[] = [];
  // The last piece is shorter and would look like a drop, so it is left out
  for (let from = 0; from + width <= accepted.length; from += width) {
    const sum = accepted.slice(from, from + width).reduce((total, each) => total + each, 0);
    const seconds = (width * stepMs) / 1_000;
    points.push({ x: ((from + width / 2) * stepMs) / 1_000, y: sum / seconds });
  }
  return points.length > 0 ? [{ name, colour, points, marked: false }] : [];
}
