import { randomUUID } from "node:crypto";
import { listSubscribers, readTopicEvents } from "lambda-websocket-pubsub";
import { beforeAll, describe, expect, it } from "vitest";
import {
  METRIC,
  METRICS_NAMESPACE,
  REASON_DIMENSION,
} from "../../packages/pubsub/src/observe/metric-names.ts";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { publishAsFunction } from "../support/function-producer.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle, sendToFanout } from "../support/queues.ts";
import { subscriptionRow, writeRows } from "../support/rows.ts";
import { collect } from "../support/samples.ts";
import { connectSubscribers } from "../support/sockets.ts";

/** A marker in all data. Any line that contained data would contain it as text or in base 64. */
const PAYLOAD = "payload-that-no-line-may-hold";
const PAYLOAD_BASE64 = Buffer.from(PAYLOAD).toString("base64").slice(0, -4);
const topicId = `busy-${randomUUID()}`;
const publicationId = "busy-1";

const local = stackForFile(() => ({
  functions: { fanout: functionPath("fanout-two-attempts") },
  functionEnv: { POWERTOOLS_LOG_LEVEL: "DEBUG", POWERTOOLS_SERVICE_NAME: "pubsub-test" },
}));

interface Line extends Record<string, unknown> {
  message?: string;
  _aws?: {
    Timestamp: number;
    CloudWatchMetrics: {
      Namespace: string;
      Dimensions: string[][];
      Metrics: { Name: string; Unit: string }[];
    }[];
  };
}

let raw: string[] = [];
let lines: Line[] = [];
const told = (event: string): Line[] => lines.filter(({ message }) => message === event);
const blobs = (): Line[] => lines.filter((line) => line._aws !== undefined);

/** The run has at least one of each outcome: delivered, retried, gone, abandoned, rejected. */
beforeAll(async () => {
  const sockets = await connectSubscribers(local.stack, topicId, 20);
  const { host } = new URL(local.stack.websocketUrl);
  await writeRows(local, [subscriptionRow("long-gone00=", topicId, host)]);
  const [stuck, unlucky] = await eventually(async () => {
    const consumers = await collect(listSubscribers({ topicId, config: local.config }));
    expect(consumers).toHaveLength(21);
    return consumers.filter(({ connectionId }) => connectionId !== "long-gone00=");
  });
  local.stack.faults.post({
    match: ({ connectionId, body }) => connectionId === stuck?.connectionId && body.includes(PAYLOAD),
    answer: { status: 429, errorType: "LimitExceededException" },
  });
  local.stack.faults.post({
    match: ({ connectionId, body }) => connectionId === unlucky?.connectionId && body.includes(PAYLOAD),
    times: 1,
    answer: { status: 503 },
  });
  const producerEnv = { ...local.stack.env, POWERTOOLS_SERVICE_NAME: "producer-test" };
  const data = { text: PAYLOAD };
  const produced = await publishAsFunction(producerEnv, { topicId, data, publicationId });
  sockets[1]?.send(`{"action":"SHOUT","text":"${PAYLOAD}"}`);
  await sendToFanout(local, [`{"v":1,"kind":"page","topicId":"${PAYLOAD}"}`]);
  await fanoutIdle(local);
  await eventually(() => expect(local.log.join("\n")).toContain("frame-refused"));
  raw = [...produced, ...local.log].filter((line) => line.startsWith("{"));
  lines = raw.map((line) => JSON.parse(line) as Line);
});

describe("the log of a busy run", () => {
  it("has one JSON object per line, each with a level, a time and its service or gateway", () => {
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines.filter(({ level }) => level !== undefined)) {
      expect(line).toMatchObject({ message: expect.any(String), timestamp: expect.any(String) });
      expect(line.service).toMatch(/^(pubsub|producer)-test$/);
    }
  });

  it("contains no payload, for any outcome", () => {
    const leaks = raw.filter((line) => line.includes(PAYLOAD) || line.includes(PAYLOAD_BASE64));
    expect(leaks).toEqual([]);
  });

  it.each([
    ["publication-accepted", { duplicate: false, durationMs: expect.any(Number) }],
    ["unit-completed", { unit: "000001", attempt: 1, consumers: 21, delivered: 19, gone: 1, handedOn: 1 }],
    ["redelivery-queued", { attempt: 2, consumers: 1, delaySeconds: expect.any(Number) }],
    ["subscription-removed", { consumer: { connectionId: "long-gone00=" } }],
    ["delivery-abandoned", { attempt: 2, consumers: 1, reason: "throttled (429)" }],
  ])("logs %s by publication", async (event, fields) => {
    const [published] = await collect(readTopicEvents({ topicId, config: local.config }));
    const { epoch, offset } = published ?? {};
    expect(told(event)).toContainEqual(
      expect.objectContaining({ topicId, publicationId, epoch, offset, ...named(fields) }),
    );
  });

  it("contains at DEBUG the reason why a post was retried and then delivered", () => {
    const retries = told("posts-made").filter(({ quickRetries }) => Array.isArray(quickRetries));
    expect(retries.flatMap(({ quickRetries }) => quickRetries)).toEqual([
      { kind: "5xx", reason: "503", count: 1 },
    ]);
    expect(retries.map(({ level }) => level)).toEqual(retries.map(() => "DEBUG"));
  });

  it("names the invocation in every line of a function", () => {
    for (const event of ["unit-completed", "redelivery-queued", "delivery-abandoned", "frame-refused"]) {
      expect(told(event).length).toBeGreaterThan(0);
      for (const line of told(event)) {
        expect(line.function_request_id).toMatch(/^[0-9a-f-]{36}$/);
      }
    }
  });

  it("contains rejected frames and malformed messages without their content", () => {
    expect(told("frame-refused")).toContainEqual(
      expect.objectContaining({ code: "INVALID_FRAME", consumer: expect.any(Object) }),
    );
    expect(told("message-malformed")).toHaveLength(1);
  });
});

describe("the metrics of a busy run", () => {
  it("follow the embedded metric format, by service, and count quick retries by reason too", () => {
    expect(blobs().length).toBeGreaterThan(3);
    const known = new Set<string>(Object.values(METRIC));
    for (const blob of blobs()) {
      expect(blob._aws?.Timestamp).toBeGreaterThan(Date.now() - 600_000);
      for (const { Namespace, Dimensions, Metrics } of blob._aws?.CloudWatchMetrics ?? []) {
        expect(Namespace).toBe(METRICS_NAMESPACE);
        const byReason = Metrics.some(({ Name }) => Name === METRIC.quickRetries);
        expect(Dimensions).toEqual([byReason ? ["service", REASON_DIMENSION] : ["service"]]);
        expect(Metrics.length).toBeGreaterThan(0);
        for (const { Name, Unit } of Metrics) {
          expect(known).toContain(Name);
          expect(Unit).toMatch(/^(Count|Milliseconds)$/);
          const values = [blob[Name]].flat();
          expect(values.length).toBeLessThanOrEqual(100);
          for (const value of values) expect(value).toSatisfy(Number.isFinite);
        }
      }
    }
  });

  it("count each outcome as often as it occurred", () => {
    const sum = (name: string): number =>
      blobs()
        .flatMap((blob) => [blob[name] ?? 0].flat())
        .reduce<number>((total, value) => total + Number(value), 0);
    expect(sum(METRIC.publicationAccepted)).toBe(1);
    expect(sum(METRIC.subscribed)).toBe(20);
    expect(sum(METRIC.delivered)).toBe(19);
    expect(sum(METRIC.gone)).toBe(1);
    expect(sum(METRIC.abandoned)).toBe(1);
    expect(sum(METRIC.redeliveryQueued)).toBe(1);
    // Each of two attempts posts three times. The first 429 of a worker counts too, because it could be the account's
    expect(sum(METRIC.throttledConsumer) + sum(METRIC.throttledAccount)).toBeGreaterThanOrEqual(7);
    expect(sum(METRIC.frameRefused)).toBe(1);
    expect(sum(METRIC.quickRetries)).toBe(1);
  });

  it("have one of a few words as the reason of a quick retry", () => {
    const retries = blobs().filter((blob) => METRIC.quickRetries in blob);
    expect(retries).toMatchObject([{ service: "pubsub-test", [REASON_DIMENSION]: "5xx" }]);
  });
});

/** Returns matchers for the fields. An object in a field may have further properties. */
function named(fields: Record<string, unknown>): Record<string, unknown> {
  const matchers = Object.entries(fields).map(([name, value]) => {
    const isPlain = typeof value === "object" && value?.constructor === Object;
    return [name, isPlain ? expect.objectContaining(value) : value];
  });
  return Object.fromEntries(matchers) as Record<string, unknown>;
}
