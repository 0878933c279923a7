import { priceOf } from "../../packages/local/src/cost/index.ts";
import { figure } from "../../tests/support/markdown.ts";
import type { SmallTopicRow } from "../small-topic/rows.ts";
import type { ExampleLine } from "./example.ts";
import { dollars } from "./tables.ts";

/** https://aws.amazon.com/appsync/pricing/ */
const APPSYNC_OPERATION_KB = 5;
const LARGER_EVENT_KB = 6;
const MILLION = 1_000_000;

/** Says where AppSync Events costs less, and where it does not, from the measured figures. */
export function whoIsCheaper({
  rows,
  total,
}: {
  rows: readonly SmallTopicRow[];
  total: ExampleLine;
}): string[] {
  const one = cheapest(rows, 1);
  const ours = Math.min(total.queue, total.inline ?? total.queue);
  const difference = ours - total.appSync;
  return [
    "## Where AppSync Events wins",
    "",
    difference > 0
      ? `- **In the example**: by ${dollars(difference)} of ${dollars(ours)} a month.`
      : `- Not in the example: there it costs ${dollars(-difference)} a month more.`,
    ...(one ? [publications(one)] : []),
    `- **Idle connections.** A connection minute costs ${figure(priceOf("appSyncConnectionMinute", 1) / priceOf("connectionMinute", 1), 2)} of API Gateway's, and the server keeps the connection alive: no PING`,
    "  is paid for, and there is no table to read.",
    "- **Nothing to operate.** No table, queue, functions and alarms.",
    "",
    "## Where it does not",
    "",
    ...(one ? largerEvents(one) : []),
    "- **Large topics.** A delivery costs the same at both, and for 1,000 subscribers what a publication costs beyond its posts",
    "  is about a percent of them ([benchmarks](benchmarks.md#what-it-costs-on-aws)).",
    "- **What is stored.** AppSync Events keeps no event: a client that was away for a minute has missed what was published. Here",
    "  the log replays it, a publication can be repeated with its `publicationId`, and its status counts who was not reached.",
    "  Whoever needs a log beside AppSync Events pays for its write units there, too.",
    "",
  ];
}

/** Of the rows without the publisher's own function. */
const cheapest = (rows: readonly SmallTopicRow[], subscribers: number): SmallTopicRow | undefined =>
  rows
    .filter((row) => row.subscribers === subscribers && !row.publicationId && row.path !== "client")
    .toSorted((a, b) => a.totalDollarsPerMillion - b.totalDollarsPerMillion)[0];

function publications({
  subscribers,
  totalDollarsPerMillion: ours,
  appSyncDollarsPerMillion: appSync,
}: SmallTopicRow): string {
  const to = subscribers === 1 ? "one subscriber" : `${figure(subscribers)} subscribers`;
  return `- **Publications to few subscribers.** A million to ${to} cost ${dollars(appSync)} there and ${dollars(ours)} here.`;
}

/** A larger event takes more operations of AppSync Events, but no more messages up to 32 KB. */
function largerEvents({ dollarsPerMillionBeyondPosts: beyond }: SmallTopicRow): string[] {
  const operations = Math.ceil(LARGER_EVENT_KB / APPSYNC_OPERATION_KB);
  const moreWrites = priceOf("dynamodbWrite", MILLION * LARGER_EVENT_KB);
  // messages + beyond < operations × (1 + subscribers)
  const subscribers = Math.max(1, Math.floor((beyond + moreWrites - operations) / (operations - 1)) + 1);
  return [
    `- **Events over ${APPSYNC_OPERATION_KB} KB.** AppSync Events meters each started ${APPSYNC_OPERATION_KB} KB of a delivery, API Gateway each started 32 KB. Events of`,
    `  ${LARGER_EVENT_KB} KB cost less here from ${figure(subscribers)} subscribers on.`,
  ];
}
