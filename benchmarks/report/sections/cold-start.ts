import { figure, table } from "../../../tests/support/markdown.ts";
import { BUNDLE_NAMES, BUNDLES } from "../../cold-start/bundles.ts";
import type { ColdStartFigures } from "../raw-result.ts";
import type { Results } from "../results.ts";
import { section } from "../section.ts";
import { showSpread } from "../spread.ts";

export const coldStartSection = (results: Results): string[] => {
  const coldStart = results.find("cold-start")?.coldStart;
  return section(results, {
    title: "Cold start",
    ids: ["cold-start"],
    text: [
      "The functions are bundled, minified and split as SST does it. A new process with the environment of a function loads",
      "each bundle. INIT is the time from the import until the handler exists. The size is that of all files, also of the",
      "SDK's, which are loaded only if they are needed. _The two clients alone_ is a bundle of `DynamoDBClient` and `SQSClient`",
      "with one command each, made with the same options.",
    ],
    figures: coldStart ? renderTables(coldStart) : [],
  });
};

function renderTables(coldStart: ColdStartFigures): string[] {
  const { fanoutKb, websocketKb, baselineKb, ratio, fanoutParts } = coldStart;
  const kilobytes = { fanout: fanoutKb, websocket: websocketKb, baseline: baselineKb };
  const rows = BUNDLES.map((bundle) => {
    const { initMs, cpuMs, processMs } = coldStart.spread[bundle];
    return [
      BUNDLE_NAMES[bundle],
      figure(kilobytes[bundle]),
      showSpread(initMs, 1),
      showSpread(cpuMs, 1),
      showSpread(processMs, 1),
    ];
  });
  return [
    ...table(["", "KB", "INIT ms", "CPU ms", "whole process ms"], rows),
    `INIT of the fan-out function takes ${figure(ratio, 2)} times as long as INIT of the baseline. Its bundle consists of:`,
    "",
    ...table(
      ["package", "KB"],
      fanoutParts.map(({ name, kilobytes: size }) => [name, figure(size, 1)]),
    ),
  ];
}
