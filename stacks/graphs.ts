import type { PubsubFunction } from "./function.ts";
import type { Messaging } from "./messaging.ts";
import {
  ofApi,
  ofFunction,
  ofIndex,
  ofQueue,
  ofTable,
  ours,
  PUBLISHED,
  quickRetries,
  THROTTLED_SHARE,
} from "./metrics.ts";
import type { Realtime } from "./realtime.ts";
import type { Settings } from "./settings.ts";
import type { Storage } from "./storage.ts";
import { average, type Graph, graph, type Line, max, median, p99, sum } from "./widgets.ts";

export type GraphsArgs = Storage & Messaging & Realtime & { settings: Settings };

/** The graphs of what passes through each step of the pipeline. */
export const flow = ({ table, fanoutQueue, deadLetterQueue, fanout }: GraphsArgs): Graph[] => [
  graph(
    "Publish",
    { expression: PUBLISHED, label: `published by \${PROP('Dim.service')}`, id: "published" },
    sum(ours("clientPublication")),
    sum(ofTable(table, "ConsumedWriteCapacityUnits")),
  ),
  graph(
    "Queue",
    sum(ofQueue(fanoutQueue, "NumberOfMessagesSent")),
    sum(ofQueue(fanoutQueue, "NumberOfMessagesReceived")),
    max(ofQueue(fanoutQueue, "ApproximateNumberOfMessagesVisible")),
  ),
  graph(
    "Fan-out",
    sum(ofFunction(fanout, "Invocations")),
    max(ofFunction(fanout, "ConcurrentExecutions")),
    average(ours("eventsPerPost")),
  ),
  graph("Posts", sum(ours("delivered")), sum(ours("gone")), sum(ours("retried"))),
  graph(
    "Dead letters",
    max(ofQueue(deadLetterQueue, "ApproximateNumberOfMessagesVisible")),
    sum(ours("abandoned")),
    sum(ours("abandonedUnread")),
    sum(ours("redeliveryQueued")),
  ),
];

/** The graphs of what goes wrong at each step, and of how long all steps take together. */
export const health = ({ table, fanoutQueue, fanout, websocket, publishers }: GraphsArgs): Graph[] => [
  graph(
    "Table throttling",
    sum(ofTable(table, "WriteThrottleEvents")),
    sum(ofIndex(table, "WriteThrottleEvents")),
    sum(ofIndex(table, "ReadThrottleEvents")),
  ),
  graph(
    "Waiting",
    max(ofQueue(fanoutQueue, "ApproximateAgeOfOldestMessage")),
    max(ofQueue(fanoutQueue, "ApproximateNumberOfMessagesDelayed")),
    max(ofQueue(fanoutQueue, "ApproximateNumberOfMessagesNotVisible")),
  ),
  graph(
    "Functions",
    ...[websocket, fanout, ...Object.values(publishers)].flatMap((fn) => [
      sum(ofFunction(fn, "Errors")),
      sum(ofFunction(fn, "Throttles")),
    ]),
    p99(ours("unitDuration")),
  ),
  graph(
    "Refused posts",
    { expression: THROTTLED_SHARE, label: "throttled share of posts", id: "share" },
    { ...sum(ours("delivered")), id: "posted", visible: false },
    { ...sum(ours("throttledAccount")), id: "throttled" },
    sum(ours("throttledConsumer")),
    sum(ours("failed")),
    { expression: quickRetries(), label: `quick retries: \${PROP('Dim.reason')}`, id: "retries" },
    p99(ours("postLatency")),
  ),
  graph(
    "Publish to delivered (ms)",
    median(ours("publishToDeliveredLag")),
    p99(ours("publishToDeliveredLag")),
  ),
];

/** The graphs of what AWS charges for, and of the subscriptions that cause it. */
export const cost = ({
  table,
  fanoutQueue,
  fanout,
  websocket,
  publishers,
  api,
  settings,
}: GraphsArgs): Graph[] => [
  graph(
    "Table units",
    sum(ofTable(table, "ConsumedWriteCapacityUnits")),
    sum(ofTable(table, "ConsumedReadCapacityUnits")),
    sum(ofIndex(table, "ConsumedWriteCapacityUnits")),
    sum(ofIndex(table, "ConsumedReadCapacityUnits")),
  ),
  graph(
    "Queue requests",
    sum(ofQueue(fanoutQueue, "NumberOfMessagesSent")),
    sum(ofQueue(fanoutQueue, "NumberOfMessagesReceived")),
    sum(ofQueue(fanoutQueue, "NumberOfMessagesDeleted")),
    sum(ofQueue(fanoutQueue, "NumberOfEmptyReceives")),
  ),
  graph(
    "Lambda GB-seconds",
    ...gbSeconds("websocket", websocket, settings.websocket),
    ...gbSeconds("fanout", fanout, settings.fanout),
    ...Object.entries(publishers).flatMap(([name, fn]) =>
      gbSeconds(name.toLowerCase(), fn, settings.publish),
    ),
  ),
  graph("Metered messages", sum(ofApi(api, "MessageCount")), sum(ofApi(api, "ConnectCount"))),
  graph(
    "Subscriptions",
    sum(ours("subscribed")),
    sum(ours("unsubscribed")),
    sum(ours("subscriptionEnded")),
    sum(ours("rowsMalformed")),
    sum(ours("frameRefused")),
    sum(ours("connectionEnded")),
    sum(ours("accessDenied")),
    sum(ours("authorizeFailed")),
    sum(ours("validateFailed")),
  ),
];

/** Computes a function's GB-seconds from the sum of its durations in milliseconds. */
const gbSeconds = (id: string, fn: PubsubFunction, { memoryMb }: { memoryMb: number }): Line[] => [
  { expression: `${id} / 1000 * ${memoryMb / 1_024}`, label: id, id: `${id}_cost` },
  { ...sum(ofFunction(fn, "Duration")), id, visible: false },
];
