import { priceTable } from "lambda-websocket-pubsub-local";
import { figure, percent, table } from "../../../support/markdown.ts";
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
      "Counted in the same runs, in the units of AWS's bill: messages of API Gateway, requests to SQS, write and read units",
      "of DynamoDB, Lambda's requests and milliseconds by memory, bytes of logs. Priced with AWS's list prices as of",
      `${priceTable.asOf} in ${priceTable.region}, first tier, no free tier (\`packages/local/src/cost/price-table.ts\`). _On top_ is everything`,
      `but API Gateway's messages, over these${bytes === undefined ? "" : `; data of ${figure(bytes)} bytes, so one message each`}.`,
    ],
    figures: table(
      [
        "subscribers",
        "$ a million deliveries",
        "$ a million publications",
        "on top",
        "on top, SDK page loop",
      ],
      measured.map(({ subscribers, ours, sdkPool }) => [
        figure(subscribers),
        figure(ours.dollarsPerMillion, 4),
        figure(ours.dollarsPerMillionPublications),
        percent(ours.overheadRatio, 2),
        percent(sdkPool.overheadRatio, 2),
      ]),
    ),
  });
};
