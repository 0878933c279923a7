import { figure, table } from "../../../support/markdown.ts";
import { WAY_NAMES } from "../../fanout/summarize.ts";
import { FANOUT_RUNS } from "../plan.ts";
import type { FanoutFigures } from "../raw-result.ts";
import { fanoutResults, type Results } from "../results.ts";
import { image, section } from "../section.ts";
import { spread } from "../spread.ts";

const WAYS = ["ours", "seed", "sdkPool"] as const;

export const fanoutSection = (results: Results): string[] => {
  const measured = fanoutResults(results);
  const [first] = measured;
  return section(results, {
    title: "One publish to many",
    ids: FANOUT_RUNS,
    text: [
      `From the publish to the last post. _Ours_ goes through the topic log, the queue and up to ${first?.workers ?? "so many"} workers. The`,
      "others are one process: _first version_ is this package as it was, one query, a client for each consumer, all posts",
      "at once, whose query ends at 1 MB of subscriptions whatever the topic has; _SDK page loop_ reads page after page and",
      "posts each through one tuned client, 50 at a time. Memory is what the process grew by while it fanned out, the",
      "largest of them.",
    ],
    figures: [
      ...measured.flatMap(tableOf),
      ...image(results, "fanout-time", "time over subscribers"),
      ...image(results, "fanout-memory", "memory over subscribers"),
    ],
  });
};

function tableOf(fanout: FanoutFigures): string[] {
  const head = [
    `${figure(fanout.subscribers)} subscribers`,
    "reached",
    "twice",
    "seconds",
    "CPU µs a post",
    "memory MB",
  ];
  const rows = WAYS.map((way) => {
    const { reached, duplicates, spread: over } = fanout[way];
    return [
      WAY_NAMES[way],
      figure(reached),
      figure(duplicates),
      spread(over.seconds, 2),
      spread(over.cpuMicrosPerPost),
      spread(over.rssGrowthMb),
    ];
  });
  return [
    ...table(head, rows),
    `Posts a second, ours over the SDK page loop's: ${spread(fanout.speedRatioToSdkPool, 2)}.`,
    "",
  ];
}
