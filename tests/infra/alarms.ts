import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Suite } from "./suite.ts";
import { REPOSITORY } from "./synth/sst-platform.ts";

export const testAlarms: Suite = (stage, expected) => {
  const prefix = `lambda-websocket-pubsub-${expected.stage}`;
  const service = { service: `pubsub-${expected.stage}` };
  const queue = (name: string) => ({ QueueName: stage().physicalName("queue", name) });
  const fn = (name: string) => ({ FunctionName: stage().physicalName("function", name) });
  const inputs = (name: string) => stage().one("alarm", name).inputs;

  describe("the alarms", () => {
    it.each([
      ["DeadLetters", "ApproximateNumberOfMessagesVisible", () => queue("DeadLetterQueueQueue"), 0],
      [
        "OldestMessage",
        "ApproximateAgeOfOldestMessage",
        () => queue("FanoutQueueQueue"),
        expected.oldestMessageSeconds,
      ],
    ] as const)("watch the queue: %s", (name, metricName, dimensions, threshold) => {
      const metric = { namespace: "AWS/SQS", metricName, statistic: "Maximum", dimensions: dimensions() };
      expect(inputs(name)).toMatchObject({
        ...metric,
        threshold,
        comparisonOperator: "GreaterThanThreshold",
      });
    });

    it.each([
      ["WebsocketErrors", "Errors", "WebsocketFunction"],
      ["FanoutErrors", "Errors", "FanoutFunction"],
      ["WebsocketThrottles", "Throttles", "WebsocketFunction"],
      ["FanoutThrottles", "Throttles", "FanoutFunction"],
      ["FanoutRecursion", "RecursiveInvocationsDropped", "FanoutFunction"],
    ])("watches the function: %s", (name, metricName, functionName) => {
      const metric = { namespace: "AWS/Lambda", metricName, statistic: "Sum", dimensions: fn(functionName) };
      expect(inputs(name)).toMatchObject({
        ...metric,
        threshold: 0,
        comparisonOperator: "GreaterThanThreshold",
      });
    });

    it("watches for abandoned deliveries", () => {
      expect(inputs("Abandoned")).toMatchObject({
        namespace: "LambdaWebsocketPubsub",
        metricName: "Abandoned",
        statistic: "Sum",
        dimensions: service,
        threshold: 0,
        comparisonOperator: "GreaterThanThreshold",
      });
    });

    it("watches the share of posts that the account's rate throttles", () => {
      const metric = (id: string, metricName: string) => ({
        id,
        metric: {
          namespace: "LambdaWebsocketPubsub",
          metricName,
          dimensions: service,
          stat: "Sum",
          period: 60,
        },
      });
      const { metricQueries, threshold } = inputs("ThrottledShare");
      expect(metricQueries).toEqual([
        { id: "share", expression: expect.any(String), label: expect.any(String), returnData: true },
        metric("posted", "Delivered"),
        metric("throttled", "ThrottledAccount"),
      ]);
      expect(threshold).toBe(expected.throttledShare);
    });

    it("watches the messages that the function and API Gateway refuse", () => {
      const { metricQueries, threshold } = inputs("RefusedMessages");
      expect(sumsOf(metricQueries)).toEqual([
        ["refused", "LambdaWebsocketPubsub", "FrameRefused", service],
        ["throttled", "AWS/ApiGateway", "ClientError", { ApiId: stage().one("api").outputs.id }],
      ]);
      expect(threshold).toBe(1_000);
    });

    it("watches what is read and throttled, of the table and of its index", () => {
      const table = { TableName: stage().physicalName("table") };
      const index = { ...table, GlobalSecondaryIndexName: "SecondaryIndex" };
      const { metricQueries: read, threshold } = inputs("ReadUnits");
      expect(sumsOf(read)).toEqual([
        ["rows", "AWS/DynamoDB", "ConsumedReadCapacityUnits", table],
        ["index", "AWS/DynamoDB", "ConsumedReadCapacityUnits", index],
      ]);
      expect(threshold).toBe(0.5 * 60 * expected.readUnitsPerSecond);
      const { metricQueries: throttled, threshold: none } = inputs("TableThrottles");
      expect(sumsOf(throttled)).toEqual([
        ["reads", "AWS/DynamoDB", "ReadThrottleEvents", table],
        ["writes", "AWS/DynamoDB", "WriteThrottleEvents", table],
        ["indexreads", "AWS/DynamoDB", "ReadThrottleEvents", index],
        ["indexwrites", "AWS/DynamoDB", "WriteThrottleEvents", index],
      ]);
      expect(none).toBe(0);
    });

    it("has only these alarms, each with its name in the runbook, silent without data, and sent to one topic", () => {
      const topic = [stage().arn("topic", "Alarms")];
      const alarms = stage().all("alarm");
      expect(alarms.map((alarm) => alarm.inputs.name)).toEqual(
        [
          "abandoned",
          "dead-letters",
          "fanout-errors",
          "fanout-recursion",
          "fanout-throttles",
          "oldest-message",
          "read-units",
          "refused-messages",
          "table-throttles",
          "throttled-share",
          "websocket-errors",
          "websocket-throttles",
        ].map((name) => `${prefix}-${name}`),
      );
      for (const alarm of alarms) {
        expect(alarm.inputs).toMatchObject({ alarmActions: topic, okActions: topic });
        expect(alarm.inputs).toMatchObject({ treatMissingData: "notBreaching" });
        expect(alarm.inputs.alarmDescription).toMatch(/\.$/);
      }
    });

    it("has a row for each alarm in the runbook, and no other row", () => {
      const names = stage()
        .all("alarm")
        .map(({ inputs: { name } }) => String(name).slice(prefix.length + 1));
      expect(runbookRows().toSorted()).toEqual(names.toSorted());
    });

    it(
      expected.alarmEmail === undefined ? "sends no mail without an address" : "sends mail to the address",
      () => {
        const topic = stage().arn("topic", "Alarms");
        const wanted = { topic, protocol: "email", endpoint: expected.alarmEmail };
        const subscriptions = stage()
          .all("subscription")
          .map(({ inputs: subscribed }) => subscribed);
        expect(subscriptions).toEqual(expected.alarmEmail === undefined ? [] : [wanted]);
      },
    );
  });
};

interface MetricQuery {
  id: string;
  expression?: string;
  metric?: { namespace: string; metricName: string; dimensions: object; stat: string; period: number };
}

/** Returns the metrics that an alarm's expression sums, each of which the expression must name. */
function sumsOf(queries: unknown): unknown[] {
  const [sum, ...metrics] = queries as MetricQuery[];
  const expression = sum?.expression ?? "";
  return metrics.map(({ id, metric }) => {
    expect(metric).toMatchObject({ stat: "Sum", period: 60 });
    expect(expression).toContain(`FILL(${id}, 0)`);
    return [id, metric?.namespace, metric?.metricName, metric?.dimensions];
  });
}

/** The alarms in the first column of the table "Respond". One row can be about several alarms. */
function runbookRows(): string[] {
  const text = readFileSync(path.join(REPOSITORY, "docs/operations.md"), "utf8");
  const table = text.split("## Respond\n")[1]?.trimStart().split("\n\n")[0] ?? "";
  const [, , ...rows] = table.split("\n");
  return rows.flatMap((row) => row.split("|")[1]?.trim().split(", ") ?? []);
}
