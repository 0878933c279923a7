import { figure, table } from "../../../support/markdown.ts";
import { WAY_NAMES, WAYS } from "../../latency/orders.ts";
import type { LatencyFigures, LatencyWays } from "../raw-result.ts";
import type { Results } from "../results.ts";
import { section } from "../section.ts";
import { spread } from "../spread.ts";

export const latencySection = (results: Results): string[] => {
  const latency = results.of("latency")?.latency;
  return section(results, {
    title: "Publish to received",
    ids: ["latency"],
    text: [
      "From the call of `publishToTopic` to the frame at a real WebSocket client, one publish at a time. _In process_",
      "is a publish without a queue, which fans out itself before it resolves. _SDK, posts alone_",
      "knows the connections beforehand and posts to them from the publisher, 50 at a time: no log, no queue, no index.",
      `The gateway sends the frame at once and answers the post after ${latency?.gatewayLatencyMs ?? "some"} ms, so a single subscriber never waits`,
      "for it, and the thousandth waits for the posts before its own.",
    ],
    figures: latency ? tablesOf(latency) : [],
  });
};

const tablesOf = ({ subscribers, one, thousand }: LatencyFigures): string[] => [
  ...tableOf("1 subscriber", one),
  ...tableOf(`${figure(subscribers)} subscribers`, thousand),
];

const tableOf = (audience: string, ways: LatencyWays): string[] =>
  table(
    [audience, "p50 ms", "p95 ms", "p99 ms"],
    WAYS.map((way) => {
      const { p50Ms, p95Ms, p99Ms } = ways[way].spread;
      return [WAY_NAMES[way], spread(p50Ms, 1), spread(p95Ms, 1), spread(p99Ms, 1)];
    }),
  );
