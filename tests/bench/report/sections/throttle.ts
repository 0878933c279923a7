import { figure, percent, table } from "../../../support/markdown.ts";
import { VARIANT_NAMES, VARIANTS } from "../../throttle/result.ts";
import { THROTTLE_RUNS } from "../plan.ts";
import type { ThrottleFigures } from "../raw-result.ts";
import type { Results } from "../results.ts";
import { image, section } from "../section.ts";

export const throttleSection = (results: Results): string[] =>
  section(results, {
    title: "At the account's rate",
    ids: THROTTLE_RUNS,
    text: [
      "API Gateway lets so many posts a second through for the whole account and answers 429 beyond it; the sink does so",
      "here, from a bucket of half a second's posts that starts full. _Goodput_ is what was answered 200, of what the quota",
      "lets through, from the second second until 99 % were reached; _refused_ is the 429s, of all posts; _never reached_ is",
      "connections whose post was given up. _SDK_ is a loop with 50 posts in flight in each process, the retries left to the",
      "client, in either of its two modes.",
    ],
    figures: [
      ...THROTTLE_RUNS.flatMap((id) => results.of(id)?.throttle ?? []).flatMap(tableOf),
      ...image(results, "throttle", "goodput over time"),
    ],
  });

function tableOf(throttle: ThrottleFigures): string[] {
  const { quota, workers } = throttle;
  const at = `${figure(quota)} a second, ${workers === 1 ? "1 process" : `${workers} processes`}`;
  const rows = VARIANTS.map((variant) => {
    const { goodputRatio, rejectedRatio, lost, duplicates, seconds, spreads } = throttle[variant];
    const { min, max } = spreads.goodputRatio;
    return [
      VARIANT_NAMES[variant],
      `${percent(goodputRatio)} (${percent(min)}–${percent(max)})`,
      percent(rejectedRatio),
      figure(lost),
      figure(duplicates),
      figure(seconds, 1),
    ];
  });
  return table([at, "goodput", "refused", "never reached", "twice", "seconds"], rows);
}
