import { describe, expect, it } from "vitest";
import { METRIC, METRICS_NAMESPACE } from "../../packages/pubsub/src/observe/metric-names.ts";
import type { Suite, Synthesized } from "./suite.ts";
import { parse } from "./synth/template.ts";

/** The names in the services' documentation. CloudWatch draws an empty graph for any other name. */
const AWS_METRICS: Record<string, string[]> = {
  "AWS/DynamoDB": [
    "ConsumedReadCapacityUnits",
    "ConsumedWriteCapacityUnits",
    "ReadThrottleEvents",
    "WriteThrottleEvents",
  ],
  "AWS/SQS": [
    "ApproximateAgeOfOldestMessage",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesVisible",
    "NumberOfEmptyReceives",
    "NumberOfMessagesDeleted",
    "NumberOfMessagesReceived",
    "NumberOfMessagesSent",
  ],
  "AWS/Lambda": ["ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles"],
  "AWS/ApiGateway": ["ConnectCount", "MessageCount"],
};

interface Widget {
  type: string;
  x: number;
  y: number;
  width: number;
  height: number;
  properties: { markdown?: string; title?: string; region?: string; metrics?: unknown[][] };
}

interface Drawn {
  title: string;
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
}

export const testDashboard: Suite = (stage, expected) => {
  const widgets = () => parse(stage().one("dashboard").inputs.dashboardBody).widgets as Widget[];

  describe("the dashboard", () => {
    it("asks three questions about the pipeline, from left to right", () => {
      expect(stage().one("dashboard").inputs.dashboardName).toBe(`lambda-websocket-pubsub-${expected.stage}`);
      const rows = Map.groupBy(widgets(), ({ y, type }) => (type === "text" ? y + 1 : y)).values();
      const titles = ({ properties }: Widget) => properties.markdown ?? properties.title;
      expect([...rows].map((row) => row.map(titles))).toEqual([
        ["## Is it moving?", "Publish", "Queue", "Fan-out", "Posts", "Dead letters"],
        [
          "## Is it healthy?",
          "Table throttling",
          "Waiting",
          "Functions",
          "Refused posts",
          "Publish to delivered (ms)",
        ],
        [
          "## What is paid for?",
          "Table units",
          "Queue requests",
          "Lambda GB-seconds",
          "Metered messages",
          "Subscriptions",
        ],
      ]);
    });

    it("fits CloudWatch's grid, without gaps or overlaps", () => {
      const graphs = widgets().filter(({ type }) => type === "metric");
      for (const row of Map.groupBy(graphs, ({ y }) => y).values()) {
        const ends = row.map(({ x, width }) => x + width);
        expect(row.map(({ x }) => x)).toEqual([0, ...ends.slice(0, -1)]);
        expect(ends.at(-1)).toBe(24);
      }
      for (const { properties } of graphs) expect(properties.region).toBe("eu-north-1");
    });

    it("draws every metric of the library, under this stage's service", () => {
      const ours = drawn(widgets()).filter(({ namespace }) => namespace === METRICS_NAMESPACE);
      const searchedFor = ["PublicationAccepted", "QuickRetries"];
      const names = new Set([...searchedFor, ...ours.map(({ name }) => name)]);
      expect(names).toEqual(new Set(Object.values(METRIC)));
      for (const { dimensions } of ours) expect(dimensions).toEqual({ service: `pubsub-${expected.stage}` });
    });

    it("looks for publications under every producer's service", () => {
      const [publish] = widgets().filter(({ properties }) => properties.title === "Publish");
      const search = `SEARCH('{LambdaWebsocketPubsub,service} MetricName="PublicationAccepted"', 'Sum', 60)`;
      expect(publish?.properties.metrics?.[0]).toEqual([expect.objectContaining({ expression: search })]);
    });

    it("looks for quick retries of this stage under every reason", () => {
      const [refused] = widgets().filter(({ properties }) => properties.title === "Refused posts");
      const service = `pubsub-${expected.stage}`;
      const search = `SEARCH('{LambdaWebsocketPubsub,service,reason} MetricName="QuickRetries" service="${service}"', 'Sum', 60)`;
      expect(refused?.properties.metrics).toContainEqual([expect.objectContaining({ expression: search })]);
    });

    it("draws AWS's metrics of this stage's resources, each in its column", () => {
      const { queues, functions } = namesOf(stage());
      const allowed: Record<string, Record<string, string[]>> = {
        Publish: { TableName: [stage().physicalName("table")] },
        Queue: { QueueName: [queues.fanout] },
        "Fan-out": { FunctionName: [functions.fanout] },
        "Dead letters": { QueueName: [queues.dead] },
        "Table throttling": {
          TableName: [stage().physicalName("table")],
          GlobalSecondaryIndexName: ["SecondaryIndex"],
        },
        Waiting: { QueueName: [queues.fanout] },
        Functions: { FunctionName: [functions.websocket, functions.fanout] },
        "Table units": {
          TableName: [stage().physicalName("table")],
          GlobalSecondaryIndexName: ["SecondaryIndex"],
        },
        "Queue requests": { QueueName: [queues.fanout] },
        "Lambda GB-seconds": { FunctionName: [functions.websocket, functions.fanout] },
        "Metered messages": { ApiId: [String(stage().one("api").outputs.id)] },
      };
      const theirs = drawn(widgets()).filter(({ namespace }) => namespace !== METRICS_NAMESPACE);
      expect(Object.keys(allowed).sort()).toEqual([...new Set(theirs.map(({ title }) => title))].sort());
      for (const { title, namespace, name, dimensions } of theirs) {
        expect(AWS_METRICS[namespace]).toContain(name);
        for (const [dimension, value] of Object.entries(dimensions)) {
          expect(allowed[title]?.[dimension], `${title}: ${dimension}`).toContain(value);
        }
      }
    });

    it("uses in its expressions only lines that the same graph draws", () => {
      for (const { properties } of widgets()) {
        const options = (properties.metrics ?? []).map(
          (line) => line.at(-1) as { id?: string; expression?: string },
        );
        const ids = options.flatMap(({ id }) => id ?? []);
        for (const { expression } of options) {
          const variables = expression?.replace(/'[^']*'/g, "").match(/\b[a-z]\w*\b/g) ?? [];
          for (const variable of variables) expect(ids).toContain(variable);
        }
      }
    });
  });
};

const namesOf = (stage: Synthesized) => ({
  queues: {
    fanout: stage.physicalName("queue", "FanoutQueueQueue"),
    dead: stage.physicalName("queue", "DeadLetterQueueQueue"),
  },
  functions: {
    fanout: stage.physicalName("function", "FanoutFunction"),
    websocket: stage.physicalName("function", "WebsocketFunction"),
  },
});

/** The metrics of all graphs; expressions are left out. */
function drawn(widgets: readonly Widget[]): Drawn[] {
  return widgets.flatMap(({ properties: { title = "", metrics = [] } }) =>
    metrics.flatMap((line) => {
      const [namespace, name, ...rest] = line.filter((part) => typeof part === "string");
      if (namespace === undefined || name === undefined) return [];
      const pairs = rest.flatMap((key, index) => (index % 2 === 0 ? [[key, rest[index + 1] ?? ""]] : []));
      return [{ title, namespace, name, dimensions: Object.fromEntries(pairs) as Record<string, string> }];
    }),
  );
}
