import { figure, percent, table } from "../../../tests/support/markdown.ts";
import { CAP_NAMES, CAPS } from "../../throttle/neighbours/result.ts";
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
      "API Gateway has a quota of posts per second for the whole account and returns 429 above it. Here the sink does so, with a",
      "token bucket that holds half a second's posts and starts full. _Goodput_ is the rate of 200 responses as a share of the",
      "quota, from one second after the first post until 99 % of these responses were sent. _Rejected_ is the share of posts",
      "with a 429 response. _Not reached_ counts connections whose post was abandoned. _SDK_ is a loop with 50 posts in flight",
      "in each process, which leaves retries to the client, in each of its two retry modes.",
    ],
    figures: [
      ...THROTTLE_RUNS.flatMap((id) => results.find(id)?.throttle ?? []).flatMap(renderTable),
      ...image(results, "throttle", "goodput over time"),
      ...THROTTLE_RUNS.flatMap((id) => results.find(id)?.throttle ?? []).flatMap(renderNeighbours),
    ],
  });

/** SUBSCRIBEs of another client during a fan-out, with and without maxPostsPerSecond. */
function renderNeighbours({ neighbours, workers }: ThrottleFigures): string[] {
  if (!neighbours) return [];
  const { quota, capped, uncapped } = neighbours;
  const at = `account with ${figure(quota)} requests per second, ${workers === 1 ? "1 worker" : `${workers} workers`}`;
  const rows = CAPS.map((cap) => {
    const { subscribes, answered, refused, medianMs, p99Ms, throttledPosts, fanoutSeconds } = {
      capped,
      uncapped,
    }[cap];
    return [
      CAP_NAMES[cap],
      `${figure(answered)} of ${figure(subscribes)}`,
      figure(refused),
      figure(medianMs),
      figure(p99Ms),
      figure(throttledPosts),
      figure(fanoutSeconds, 1),
    ];
  });
  const columns = [
    "SUBSCRIBEs answered",
    "refused",
    "median ms",
    "p99 ms",
    "posts with 429",
    "fan-out seconds",
  ];
  return table([at, ...columns], rows);
}

function renderTable(throttle: ThrottleFigures): string[] {
  const { quota, workers } = throttle;
  const at = `${figure(quota)} per second, ${workers === 1 ? "1 process" : `${workers} processes`}`;
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
  return table([at, "goodput", "rejected", "not reached", "duplicates", "seconds"], rows);
}
