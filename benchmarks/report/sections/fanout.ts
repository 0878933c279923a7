import { figure, table } from "../../../tests/support/markdown.ts";
import { WAY_NAMES } from "../../fanout/summarize.ts";
import { FANOUT_RUNS } from "../plan.ts";
import type { FanoutFigures } from "../raw-result.ts";
import { fanoutResults, type Results } from "../results.ts";
import { image, section } from "../section.ts";
import { showSpread } from "../spread.ts";

const WAYS = ["ours", "oursWarm", "seed", "sdkPool"] as const;

export const fanoutSection = (results: Results): string[] => {
  const measured = fanoutResults(results);
  const [first] = measured;
  return section(results, {
    title: "One publish to many",
    ids: FANOUT_RUNS,
    text: [
      `The time is from the publish to the last post. _Ours_ uses the topic log, the queue and up to ${first?.workers ?? "N"} workers.`,
      "Its workers have just started, as the baselines have; _warm_ is the same after 40,000 posts.",
      "Each of the others is one process. _First version_ is the first version of this package: one query, one client per",
      "consumer, and all posts at once. Its query ends at 1 MB of subscriptions, even if the topic has more. _SDK page loop_",
      "reads one page after the other and posts through one tuned client, 50 posts at a time. Memory is the growth of a",
      "process during the fan-out; with several processes, it is the largest growth.",
    ],
    figures: [
      ...measured.flatMap(renderTable),
      ...image(results, "fanout-time", "time by number of subscribers"),
      ...image(results, "fanout-memory", "memory by number of subscribers"),
    ],
  });
};

function renderTable(fanout: FanoutFigures): string[] {
  const head = [
    `${figure(fanout.subscribers)} subscribers`,
    "reached",
    "duplicates",
    "seconds",
    "CPU µs per post",
    "memory MB",
  ];
  const rows = WAYS.map((way) => {
    const { reached, duplicates, spread: over } = fanout[way];
    return [
      WAY_NAMES[way],
      figure(reached),
      figure(duplicates),
      showSpread(over.seconds, 2),
      showSpread(over.cpuMicrosPerPost),
      showSpread(over.rssGrowthMb),
    ];
  });
  return [
    ...table(head, rows),
    `Posts per second, ours / the SDK page loop's: ${showSpread(fanout.speedRatioToSdkPool, 2)}.`,
    "",
  ];
}
