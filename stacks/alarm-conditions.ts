import type { PubsubFunction } from "./function.ts";
import type { Messaging } from "./messaging.ts";
import {
  ABANDONED_FAILED,
  type Metric,
  ofApi,
  ofFunction,
  ofIndex,
  ofQueue,
  ofTable,
  ours,
  THROTTLED_SHARE,
} from "./metrics.ts";
import type { Realtime } from "./realtime.ts";
import type { Settings } from "./settings.ts";
import type { Storage } from "./storage.ts";

export type AlarmConditionsArgs = Storage & Messaging & Realtime & { settings: Settings };

type Condition = Partial<aws.cloudwatch.MetricAlarmArgs> & { description: string; threshold: number };

const PERIOD_SECONDS = 60;

/** Returns the condition of each alarm by its name. An alarm goes off above its threshold. */
export function alarmConditions(args: AlarmConditionsArgs): Record<string, Condition> {
  const { settings, table, api, fanoutQueue, deadLetterQueue, websocket, fanout, publishers } = args;
  const { oldestMessageSeconds, throttledShare, refusedMessages, readUnitsShare } = settings.alarms;
  const { readsPerSecond } = settings.tableUnits;
  return {
    DeadLetters: {
      description:
        "The dead-letter queue is not empty: deliveries given up on, or messages that cannot be decoded.",
      ...over(ofQueue(deadLetterQueue, "ApproximateNumberOfMessagesVisible"), "Maximum"),
      threshold: 0,
    },
    OldestMessage: {
      description: `Something has waited in the fan-out queue for more than ${oldestMessageSeconds} seconds.`,
      ...over(ofQueue(fanoutQueue, "ApproximateAgeOfOldestMessage"), "Maximum"),
      threshold: oldestMessageSeconds,
      evaluationPeriods: 3,
    },
    Abandoned: {
      description:
        "Deliveries were given up on after their last attempt, and not because a client does not read.",
      metricQueries: [
        { id: "failed", expression: ABANDONED_FAILED, label: "abandoned deliveries", returnData: true },
        summed("abandoned", ours("abandoned")),
        summed("unread", ours("abandonedUnread")),
      ],
      threshold: 0,
    },
    ThrottledShare: {
      description: `More than ${throttledShare * 100} % of the posts met the account's request rate.`,
      metricQueries: [
        { id: "share", expression: THROTTLED_SHARE, label: "throttled share of posts", returnData: true },
        summed("posted", ours("delivered")),
        summed("throttled", ours("throttledAccount")),
      ],
      threshold: throttledShare,
      // A burst that the workers can adapt to must not cause an alarm
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
    },
    RefusedMessages: {
      description: `More than ${refusedMessages} messages of clients were refused in a minute.`,
      metricQueries: [
        {
          id: "all",
          expression: "FILL(refused, 0) + FILL(throttled, 0)",
          label: "refused messages",
          returnData: true,
        },
        summed("refused", ours("frameRefused")),
        // What API Gateway refused before it reached a function
        summed("throttled", ofApi(api, "ClientError")),
      ],
      threshold: refusedMessages,
    },
    ReadUnits: {
      description: `The table is read at more than ${readUnitsShare * 100} % of its limit.`,
      metricQueries: [
        { id: "all", expression: "FILL(rows, 0) + FILL(index, 0)", label: "read units", returnData: true },
        summed("rows", ofTable(table, "ConsumedReadCapacityUnits")),
        summed("index", ofIndex(table, "ConsumedReadCapacityUnits")),
      ],
      threshold: readUnitsShare * readsPerSecond * PERIOD_SECONDS,
      // One large fan-out must not cause an alarm
      evaluationPeriods: 5,
    },
    TableThrottles: {
      description: "DynamoDB throttled the table or its index: a limit of the settings, or a hot key.",
      metricQueries: [
        {
          id: "all",
          expression: "FILL(reads, 0) + FILL(writes, 0) + FILL(indexreads, 0) + FILL(indexwrites, 0)",
          label: "throttled requests",
          returnData: true,
        },
        summed("reads", ofTable(table, "ReadThrottleEvents")),
        summed("writes", ofTable(table, "WriteThrottleEvents")),
        summed("indexreads", ofIndex(table, "ReadThrottleEvents")),
        summed("indexwrites", ofIndex(table, "WriteThrottleEvents")),
      ],
      threshold: 0,
      // A burst is retried
      evaluationPeriods: 3,
    },
    WebsocketErrors: errors(websocket),
    FanoutErrors: errors(fanout),
    WebsocketThrottles: throttles(websocket),
    FanoutThrottles: throttles(fanout),
    ...Object.fromEntries(
      Object.entries(publishers).flatMap(([name, fn]) => [
        [`${name}Errors`, errors(fn)],
        [`${name}Throttles`, throttles(fn)],
      ]),
    ),
    FanoutRecursion: {
      description: "Lambda's loop detection stopped the fan-out: its setting is not Allow.",
      // Lambda does not write this metric while recursion is allowed:
      // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
      ...over(ofFunction(fanout, "RecursiveInvocationsDropped"), "Sum"),
      threshold: 0,
    },
  };
}

const errors = (fn: PubsubFunction): Condition => ({
  description: "The function threw, timed out or ran out of memory.",
  ...over(ofFunction(fn, "Errors"), "Sum"),
  threshold: 0,
});

const throttles = (fn: PubsubFunction): Condition => ({
  description: "Lambda did not run the function: its reserved concurrency, or the account's, is used up.",
  ...over(ofFunction(fn, "Throttles"), "Sum"),
  threshold: 0,
});

const over = ({ name, namespace, dimensions }: Metric, statistic: "Sum" | "Maximum") => ({
  metricName: name,
  namespace,
  dimensions,
  statistic,
  period: PERIOD_SECONDS,
});

const summed = (id: string, { name, namespace, dimensions }: Metric) => ({
  id,
  metric: { metricName: name, namespace, dimensions, stat: "Sum", period: PERIOD_SECONDS },
});
