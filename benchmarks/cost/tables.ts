import { figure, NONE } from "../../tests/support/markdown.ts";
import type { IdleFigures, SmallTopicFigures } from "../report/raw-result.ts";
import { PATH_NAMES } from "../small-topic/paths.ts";
import type { ExampleLine } from "./example.ts";

type Head = string[];
type Rows = string[][];

/** Shows dollars with cents. */
export const dollars = (value: number | undefined): string =>
  value === undefined ? NONE : `$${figure(value, 2)}`;

export const smallTopicTable = ({ rows }: SmallTopicFigures): [Head, Rows] => [
  [
    "subscribers",
    "`publicationId`",
    "path",
    "write units",
    "read units",
    "SQS requests",
    "invocations",
    "Lambda ms",
    "log bytes",
    "$ a million, beyond",
    "with the posts",
    "AppSync Events",
  ],
  rows.map((row) => [
    figure(row.subscribers),
    row.publicationId ? "yes" : "no",
    PATH_NAMES[row.path],
    figure(row.writeUnits, 1),
    figure(row.readUnits, 1),
    figure(row.sqsRequests, 1),
    figure(row.invocations, 1),
    figure(row.lambdaMs),
    figure(row.logBytes),
    figure(row.dollarsPerMillionBeyondPosts, 2),
    figure(row.totalDollarsPerMillion, 2),
    figure(row.appSyncDollarsPerMillion, 2),
  ]),
];

export const idleTable = ({ rows }: IdleFigures): [Head, Rows] => [
  [
    "topics",
    "read units of a PING",
    "of the next one",
    "write units",
    "PING ms",
    "PINGs a month",
    "without positions",
    "$ a month",
    "reconnects a month",
    "$ a month",
  ],
  rows.map((row) => [
    figure(row.topics),
    figure(row.pingReadUnits, 1),
    figure(row.warmPingReadUnits, 1),
    figure(row.pingWriteUnits, 1),
    figure(row.pingMs),
    figure(row.pingsPerMonth.named + row.pingsPerMonth.bare),
    figure(row.pingsPerMonth.bare),
    figure(row.dollarsPerConnectionMonth, 3),
    figure(row.reconnectsPerMonth),
    figure(row.reconnectDollarsPerConnectionMonth, 3),
  ]),
];

/** Leaves the inline path out if it was not measured. */
export function exampleTable(lines: readonly ExampleLine[], total: ExampleLine): [Head, Rows] {
  const hasInline = total.inline !== undefined;
  const toRow = ({ what, queue, inline, byHand, appSync }: ExampleLine): string[] => [
    what,
    dollars(queue),
    ...(hasInline ? [dollars(inline)] : []),
    dollars(byHand),
    dollars(appSync),
  ];
  return [
    ["", "through the queue", ...(hasInline ? ["inline"] : []), "API Gateway by hand", "AppSync Events"],
    [...lines, { ...total, what: "**a month**" }].map(toRow),
  ];
}
