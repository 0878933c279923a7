import { figure, table } from "../../../tests/support/markdown.ts";
import { WAY_NAMES, WAYS } from "../../latency/orders.ts";
import type { LatencyFigures, LatencyWays } from "../raw-result.ts";
import type { Results } from "../results.ts";
import { section } from "../section.ts";
import { showSpread } from "../spread.ts";

export const latencySection = (results: Results): string[] => {
  const latency = results.find("latency")?.latency;
  return section(results, {
    title: "Publish to received",
    ids: ["latency"],
    text: [
      "The time is from the call of `publishToTopic` to the frame at a real WebSocket client, one publish at a time. _In",
      "process_ is a publish without a queue, which fans out before it resolves. _SDK, by hand_ puts an item, queries the index",
      "and posts to the connections that it finds, 50 at a time: the least that stores a message before it posts it. _SDK, posts",
      "alone_ knows the connections in advance, without log, queue and index.",
      `The gateway sends the frame at once and responds to the post after ${latency?.gatewayLatencyMs ?? "some"} ms. A single subscriber therefore never`,
      "waits for that response, but the thousandth subscriber waits for the posts before its own.",
    ],
    figures: latency ? renderTables(latency) : [],
  });
};

const renderTables = ({ subscribers, one, thousand }: LatencyFigures): string[] => [
  ...renderTable("1 subscriber", one),
  ...renderTable(`${figure(subscribers)} subscribers`, thousand),
];

const renderTable = (audience: string, ways: LatencyWays): string[] =>
  table(
    [audience, "p50 ms", "p95 ms", "p99 ms"],
    WAYS.map((way) => {
      const { p50Ms, p95Ms, p99Ms } = ways[way].spread;
      return [WAY_NAMES[way], showSpread(p50Ms, 1), showSpread(p95Ms, 1), showSpread(p99Ms, 1)];
    }),
  );
