/** When metrics are written, and what one line has. The lines are those of Powertools. */
import { Metrics } from "@aws-lambda-powertools/metrics";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { PipelineEvent } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import type { LogDeliveries } from "../../../packages/pubsub/src/observe/log-deliveries.ts";
import { METRICS_NAMESPACE } from "../../../packages/pubsub/src/observe/metric-names.ts";
import {
  type MetricsObserver,
  metricsObserver,
} from "../../../packages/pubsub/src/observe/metrics-observer.ts";
import { consumerOf } from "../../support/samples.ts";

const MINUTE_MS = 60_000;
const name = { topicId: "t", publicationId: "p", epoch: "e", offset: 1 };
const accepted: PipelineEvent = { event: "publication-accepted", ...name, duplicate: false, durationMs: 1 };
const completed: PipelineEvent = {
  event: "unit-completed",
  ...name,
  unit: "000001",
  attempt: 1,
  consumers: 5,
  delivered: 5,
  gone: 0,
  retried: 0,
  handedOn: 0,
  durationMs: 10,
  publishedAgoMs: 20,
};
const made = {
  event: "posts-made",
  topicId: "t",
  unit: "000001",
  attempt: 1,
  durationMs: 10,
  posts: 5,
  delivered: 5,
  events: 5,
  gone: 0,
  throttledAccount: 0,
  throttledConsumer: 0,
  failed: 0,
  latenciesMs: [1, 2],
  quickRetries: [],
} as const satisfies PipelineEvent;

let lines: Record<string, unknown>[];
let nowMs: number;

beforeEach(() => {
  lines = [];
  nowMs = 0;
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    lines.push(JSON.parse(String(text)) as Record<string, unknown>);
    return true;
  });
});
afterEach(() => void vi.restoreAllMocks());

const create = (deliveries: LogDeliveries): MetricsObserver =>
  metricsObserver(new Metrics({ namespace: METRICS_NAMESPACE }), {
    deliveries,
    now: () => nowMs,
    random: () => 0.5,
  });

/** Reports the events of one invocation. */
function invoke({ observe, end }: MetricsObserver, ...events: PipelineEvent[]): void {
  for (const event of events) observe(event);
  end();
}

it("writes one line for each invocation with all", () => {
  const metrics = create("all");
  for (let times = 0; times < 3; times++) invoke(metrics, made, completed);
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatchObject({ Delivered: 5, EventsPerPost: 1, PostLatency: [1, 2], UnitDuration: 10 });
});

it("writes the first invocation's metrics at once with problems, and then one line a minute with their sums", () => {
  const metrics = create("problems");
  invoke(metrics, made, completed);
  expect(lines).toHaveLength(1);
  for (nowMs = 1_000; nowMs < MINUTE_MS; nowMs += 1_000) invoke(metrics, made, completed);
  expect(lines).toHaveLength(1);
  invoke(metrics, made, completed);
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatchObject({ Delivered: 300, UnitDuration: Array(60).fill(10) });
});

it("writes one line a minute for a producer that publishes all the time with problems", () => {
  const metrics = create("problems");
  for (; nowMs < 3 * MINUTE_MS; nowMs += 100) invoke(metrics, accepted);
  expect(lines.map(({ PublicationAccepted }) => PublicationAccepted)).toEqual([1, 600, 600]);
});

it.each<[string, PipelineEvent, object]>([
  [
    "a throttled account",
    { ...made, delivered: 4, throttledAccount: 1 },
    { ThrottledAccount: 1, Delivered: 9 },
  ],
  ["a consumer that does not read", { ...made, throttledConsumer: 2 }, { ThrottledConsumer: 2 }],
  ["a failed post", { ...made, failed: 1 }, { Failed: 1 }],
  ["a retry", { ...completed, retried: 3 }, { Retried: 3 }],
  [
    "a redelivery",
    { event: "redelivery-queued", ...name, unit: "u", attempt: 2, consumers: 4, delaySeconds: 2 },
    { RedeliveryQueued: 4 },
  ],
  [
    "an abandoned delivery",
    { event: "delivery-abandoned", ...name, unit: "u", attempt: 8, consumers: 2, unread: 1, reason: "r" },
    { Abandoned: 2, AbandonedUnread: 1 },
  ],
  [
    "a subscription that ended",
    { event: "subscription-ended", ...name, consumer: consumerOf("c"), inRow: 3, inAll: 3, reason: "r" },
    { SubscriptionEnded: 1 },
  ],
  ["malformed rows", { event: "rows-malformed", topicId: "t", count: 2 }, { RowsMalformed: 2 }],
  [
    "an authorizer that failed",
    { event: "authorize-failed", action: "CONNECT", consumer: consumerOf("c"), reason: "r" },
    { AuthorizeFailed: 1 },
  ],
  [
    "a validate hook that failed",
    { event: "validate-failed", topicId: "t", consumer: consumerOf("c"), reason: "r" },
    { ValidateFailed: 1 },
  ],
])("writes at once with problems, and what was counted before: %s", (_, problem, expected) => {
  const metrics = create("problems");
  invoke(metrics, accepted);
  invoke(metrics, made);
  expect(lines).toHaveLength(1);
  invoke(metrics, problem);
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatchObject({ Delivered: expect.any(Number), ...expected });
  invoke(metrics, made);
  expect(lines).toHaveLength(2);
});

it("counts the publications of clients apart, and among all", () => {
  const metrics = create("all");
  invoke(metrics, accepted);
  invoke(metrics, { ...accepted, consumer: consumerOf("c") });
  const [own, client] = lines;
  expect(own).toMatchObject({ PublicationAccepted: 1 });
  expect(own).not.toHaveProperty("ClientPublication");
  expect(client).toMatchObject({ PublicationAccepted: 1, ClientPublication: 1 });
});

it("writes no line for each refused message of a client with problems", () => {
  const metrics = create("problems");
  const refused: PipelineEvent = {
    event: "frame-refused",
    consumer: consumerOf("c"),
    code: "C",
    reason: "r",
  };
  for (let times = 0; times < 500; times++) invoke(metrics, refused);
  nowMs = MINUTE_MS;
  invoke(metrics, refused);
  expect(lines.map(({ FrameRefused }) => FrameRefused)).toEqual([1, 500]);
});

it("writes quick retries for each reason in a line of its own", () => {
  const metrics = create("problems");
  const quickRetries = [
    { kind: "5xx", reason: "503", count: 2 },
    { kind: "throttled", reason: "429", count: 1 },
    { kind: "5xx", reason: "500", count: 1 },
  ] as const;
  invoke(metrics, { ...made, quickRetries });
  const retries = lines.filter(({ QuickRetries }) => QuickRetries !== undefined);
  expect(retries).toMatchObject([
    { reason: "5xx", QuickRetries: 3 },
    { reason: "throttled", QuickRetries: 1 },
  ]);
  expect(lines).toHaveLength(3);
});

it("keeps a random sample of 99 values, so that a minute of a busy worker is one line", () => {
  const metrics = create("problems");
  invoke(metrics, accepted);
  const latenciesMs = Array.from({ length: 64 }, (_, at) => at);
  for (let times = 0; times < 50; times++) invoke(metrics, { ...made, latenciesMs });
  nowMs = MINUTE_MS;
  invoke(metrics, made);
  expect(lines).toHaveLength(2);
  expect(lines[1]?.PostLatency).toHaveLength(99);
  expect(lines[1]).toMatchObject({ Delivered: 255 });
});

it("does not wait for longer after the clock was set back", () => {
  const metrics = create("problems");
  nowMs = 10 * MINUTE_MS;
  invoke(metrics, accepted);
  nowMs = 0;
  invoke(metrics, accepted);
  expect(lines).toHaveLength(2);
});
