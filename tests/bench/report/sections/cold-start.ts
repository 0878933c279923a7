import { figure, table } from "../../../support/markdown.ts";
import { BUNDLE_NAMES, BUNDLES } from "../../cold-start/bundles.ts";
import type { ColdStartFigures } from "../raw-result.ts";
import type { Results } from "../results.ts";
import { section } from "../section.ts";
import { spread } from "../spread.ts";

export const coldStartSection = (results: Results): string[] => {
  const coldStart = results.of("cold-start")?.coldStart;
  return section(results, {
    title: "Cold start",
    ids: ["cold-start"],
    text: [
      "The functions bundled as SST does, minified, each loaded in a clean process with a function's environment: from the",
      "import to the handler being there. _The two clients alone_ is a bundle of `DynamoDBClient` and `SQSClient` with one",
      "command each.",
    ],
    figures: coldStart ? tablesOf(coldStart) : [],
  });
};

function tablesOf(coldStart: ColdStartFigures): string[] {
  const { fanoutKb, websocketKb, baselineKb, ratio, fanoutParts } = coldStart;
  const kilobytes = { fanout: fanoutKb, websocket: websocketKb, baseline: baselineKb };
  const rows = BUNDLES.map((bundle) => {
    const { initMs, cpuMs, processMs } = coldStart.spread[bundle];
    return [
      BUNDLE_NAMES[bundle],
      figure(kilobytes[bundle]),
      spread(initMs, 1),
      spread(cpuMs, 1),
      spread(processMs, 1),
    ];
  });
  return [
    ...table(["", "KB", "INIT ms", "CPU ms", "whole process ms"], rows),
    `The fan-out function's INIT takes ${figure(ratio, 2)} times the baseline's. What its bundle is made of:`,
    "",
    ...table(
      ["package", "KB"],
      fanoutParts.map(({ name, kilobytes: size }) => [name, figure(size, 1)]),
    ),
  ];
}
