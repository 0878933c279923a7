import { priceTable } from "../../../packages/local/src/cost/price-table.ts";
import { figure, percent, table } from "../../../tests/support/markdown.ts";
import { FANOUT_RUNS } from "../plan.ts";
import { fanoutResults, type Results } from "../results.ts";
import { section } from "../section.ts";

export const costSection = (results: Results): string[] => {
  const measured = fanoutResults(results);
  const bytes = measured[0]?.bytes;
  return section(results, {
    title: "What it costs on AWS",
    ids: FANOUT_RUNS,
    text: [
      "The same runs count what AWS bills: messages of API Gateway, requests to SQS, write and read units of DynamoDB, requests",
      "and GB-seconds of Lambda, and bytes of logs. The prices are AWS's list prices of",
      `${priceTable.asOf} in ${priceTable.region}, first tier, without the free tier (\`packages/local/src/cost/price-table.ts\`).`,
      "_Overhead_ is the cost of everything except API Gateway's messages, as a share of the cost of these messages. The",
      "dollars are those of warm workers; what a new worker pays while Node compiles its code is in its own column.",
      ...(bytes === undefined
        ? []
        : [
            `The data has ${figure(bytes)} bytes, so each delivery is one message. Data transfer out is not in it ([4 to 6 %](cost.md#data-transfer-out)).`,
          ]),
    ],
    figures: table(
      [
        "subscribers",
        "$ per million deliveries",
        "$ per million publications",
        "overhead",
        "overhead, new workers",
        "overhead, SDK page loop",
      ],
      measured.map(({ subscribers, ours, oursWarm, sdkPool }) => [
        figure(subscribers),
        figure(oursWarm.dollarsPerMillion, 4),
        figure(oursWarm.dollarsPerMillionPublications),
        percent(oursWarm.overheadRatio, 2),
        percent(ours.overheadRatio, 2),
        percent(sdkPool.overheadRatio, 2),
      ]),
    ),
  });
};
