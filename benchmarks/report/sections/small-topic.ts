import { table } from "../../../tests/support/markdown.ts";
import { idleTable, smallTopicTable } from "../../cost/tables.ts";
import { COST_RUNS } from "../plan.ts";
import type { Results } from "../results.ts";
import { section } from "../section.ts";

export const smallTopicSection = (results: Results): string[] => {
  const smallTopic = results.find("small-topic")?.smallTopic;
  const idle = results.find("idle")?.idle;
  return section(results, {
    title: "Small topics and quiet connections",
    ids: COST_RUNS,
    text: [
      "One publication at a time to few subscribers of the format `event`, and connections that get no event. Units are counted;",
      "dollars are computed from them by the same price table. _Beyond_ is everything except API Gateway's messages and data",
      "transfer. [What it costs](cost.md) explains the figures, and compares a whole application.",
    ],
    figures: [
      ...(smallTopic ? table(...smallTopicTable(smallTopic), 3) : []),
      ...(idle ? table(...idleTable(idle)) : []),
    ],
  });
};
