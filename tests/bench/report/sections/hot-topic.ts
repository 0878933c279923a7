import { figure, table } from "../../../support/markdown.ts";
import type { HotTopicFigures } from "../raw-result.ts";
import type { Results } from "../results.ts";
import { section } from "../section.ts";
import { spread } from "../spread.ts";

export const hotTopicSection = (results: Results): string[] => {
  const hotTopic = results.of("hot-topic")?.hotTopic;
  return section(results, {
    title: "One hot topic",
    ids: ["hot-topic"],
    text: [
      "Producers in processes of their own, none knowing of the others, publish to one topic as fast as they can; a",
      "publish resolves when the event is in the log and its fan-out is queued. Beside it, one process that does nothing",
      "but conditional puts of such items, one after the other, with nobody else writing.",
    ],
    figures: hotTopic ? tableOf(hotTopic) : [],
  });
};

function tableOf(hotTopic: HotTopicFigures): string[] {
  const { producers, concurrency, contiguous, lost, conflictsPerAppend } = hotTopic;
  const own = concurrency === 1 ? "" : `, each ${concurrency} at a time`;
  return [
    ...table(
      ["", "a second", "p50 ms", "p99 ms"],
      [
        [
          `publishes of ${producers} producers${own}`,
          spread(hotTopic.spread.appendsPerSecond),
          figure(hotTopic.publishP50Ms, 1),
          figure(hotTopic.publishP99Ms, 1),
        ],
        [
          "bare puts of one process",
          spread(hotTopic.spread.barePutsPerSecond),
          figure(hotTopic.barePutP50Ms, 1),
          figure(hotTopic.barePutP99Ms, 1),
        ],
      ],
    ),
    `Publishes over bare puts: ${spread(hotTopic.spread.ratio, 2)}. A publish met ${figure(conflictsPerAppend, 2)} conflicts. The log read`,
    `back is ${contiguous ? "contiguous" : "**not contiguous**"}, and ${figure(lost)} publishes that resolved are missing from it.`,
    "",
  ];
}
