import { figure, table } from "../../../tests/support/markdown.ts";
import type { HotTopicFigures } from "../raw-result.ts";
import type { Results } from "../results.ts";
import { section } from "../section.ts";
import { showSpread } from "../spread.ts";

export const hotTopicSection = (results: Results): string[] => {
  const hotTopic = results.find("hot-topic")?.hotTopic;
  return section(results, {
    title: "One hot topic",
    ids: ["hot-topic"],
    text: [
      "Each producer is a process. The producers do not coordinate and publish to one topic as fast as they can. A publish",
      "resolves when the event is in the log and its fan-out is queued. The baseline is one process that only makes",
      "conditional puts of similar items, one after the other, while no other process writes.",
    ],
    figures: hotTopic ? renderTable(hotTopic) : [],
  });
};

function renderTable(hotTopic: HotTopicFigures): string[] {
  const { producers, concurrency, contiguous, lost, conflictsPerAppend } = hotTopic;
  const own = concurrency === 1 ? "" : `, each ${concurrency} at a time`;
  return [
    ...table(
      ["", "per second", "p50 ms", "p99 ms"],
      [
        [
          `publishes of ${producers} producers${own}`,
          showSpread(hotTopic.spread.appendsPerSecond),
          figure(hotTopic.publishP50Ms, 1),
          figure(hotTopic.publishP99Ms, 1),
        ],
        [
          "bare puts of one process",
          showSpread(hotTopic.spread.barePutsPerSecond),
          figure(hotTopic.barePutP50Ms, 1),
          figure(hotTopic.barePutP99Ms, 1),
        ],
      ],
    ),
    `Publishes / bare puts: ${showSpread(hotTopic.spread.ratio, 2)}. A publish met ${figure(conflictsPerAppend, 2)} conflicts on average. The log that was read`,
    `afterwards is ${contiguous ? "contiguous" : "**not contiguous**"}, and ${figure(lost)} publications that resolved are missing from it.`,
    "",
  ];
}
