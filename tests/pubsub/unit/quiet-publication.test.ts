/** What a publication without problems writes to the logs of its producer and of the fan-out, in bytes as CloudWatch bills them. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { logEventBytes } from "../../../packages/local/src/workers/log-bytes.ts";
import { encodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { observeAll, type PipelineEvent } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import { handleSqsEvent } from "../../../packages/pubsub/src/handlers/fanout.ts";
import type { LambdaContext, SQSEvent } from "../../../packages/pubsub/src/handlers/lambda-types.ts";
import type { LogDeliveries } from "../../../packages/pubsub/src/observe/log-deliveries.ts";
import { createHandlerTelemetry, producerObserver } from "../../../packages/pubsub/src/observe/powertools.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { storedEvent, subscriptionOf } from "../../support/samples.ts";

const EPOCH = "0m1c2d3e4";
const SUBSCRIBERS = 5;
const PUBLICATIONS = 20;

let lines: string[];

beforeEach(() => {
  lines = [];
  vi.stubEnv("POWERTOOLS_LOG_LEVEL", "INFO");
  vi.stubEnv("POWERTOOLS_SERVICE_NAME", "pubsub-production");
  vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "fanout");
  vi.useFakeTimers({ toFake: ["Date"], now: 0 });
  const record = (text: unknown): boolean => {
    lines.push(...String(text).trim().split("\n"));
    return true;
  };
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, "write").mockImplementation(record);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

const lambda = {
  getRemainingTimeInMillis: () => 30_000,
  functionName: "fanout",
  awsRequestId: "c2f3a1de-0000-4000-8000-000000000000",
} as unknown as LambdaContext & { functionName: string };

interface World {
  context: TestContext;
  /** Publishes, and delivers what was published. Returns the lines that were written. */
  publish(offset: number): Promise<string[]>;
}

async function createWorld(
  deliveries: LogDeliveries,
  answer?: () => Promise<PostResult | undefined>,
): Promise<World> {
  const telemetry = createHandlerTelemetry(deliveries);
  const producer = producerObserver(deliveries);
  const context = createTestContext(answer && { answer });
  for (let n = 0; n < SUBSCRIBERS; n++) {
    const subscription = subscriptionOf(`c${n}=`, "t", { subscribedAt: 1 });
    context.connections.open(subscription.consumer);
    await context.subscriptions.put(subscription);
  }
  // A 410 soon after a subscription is not believed
  context.clock.advance(60_000);
  const observe = observeAll(telemetry.observe, (event: PipelineEvent) => context.observed.push(event));
  return {
    context,
    async publish(offset) {
      lines = [];
      const event = storedEvent(offset);
      const { publicationId } = event;
      producer({
        event: "publication-accepted",
        topicId: "t",
        publicationId,
        epoch: EPOCH,
        offset,
        duplicate: false,
        durationMs: 3,
      });
      const message = { kind: "topic", topicId: "t", epoch: EPOCH, offsets: [offset], step: 1 } as const;
      const body = encodeFanoutMessage({ ...message, events: [event] });
      telemetry.begin(lambda as never);
      const records = { Records: [{ messageId: `m${offset}`, body, attributes: {} }] };
      const worker = { ...context, observe };
      await handleSqsEvent(worker, records as unknown as SQSEvent, lambda, { partialBatchResponses: true });
      telemetry.end();
      return lines;
    },
  };
}

const bytesOf = (written: readonly string[]): number =>
  written.reduce((bytes, line) => bytes + logEventBytes(line), 0);
const isMetric = (line: string): boolean => line.includes('"_aws"');
const deliveredOf = ({ observed }: TestContext): number =>
  observed.reduce((sum, event) => sum + (event.event === "unit-completed" ? event.delivered : 0), 0);

describe("a publication to 5 subscribers without problems", () => {
  it("writes no line with problems, after the metrics of the process's first one", async () => {
    const { context, publish } = await createWorld("problems");
    const first = await publish(1);
    expect(first.filter((line) => !isMetric(line))).toEqual([]);
    // One of the producer and one of the fan-out
    expect(first).toHaveLength(2);
    for (let offset = 2; offset <= PUBLICATIONS; offset++) expect(await publish(offset)).toEqual([]);
    expect(deliveredOf(context)).toBe(SUBSCRIBERS * PUBLICATIONS);
  });

  it("writes its metrics with problems a minute later, with one line for all publications since then", async () => {
    const { publish } = await createWorld("problems");
    for (let offset = 1; offset <= PUBLICATIONS; offset++) await publish(offset);
    vi.setSystemTime(60_000);
    const written = await publish(PUBLICATIONS + 1);
    expect(written.every(isMetric)).toBe(true);
    expect(written.map((line) => JSON.parse(line))).toMatchObject([
      { PublicationAccepted: PUBLICATIONS },
      { Delivered: SUBSCRIBERS * PUBLICATIONS },
    ]);
    // Less than a tenth of a kilobyte for each publication, and less the more there are
    expect(bytesOf(written) / PUBLICATIONS).toBeLessThan(100);
  });

  it("writes four lines and more than a kilobyte for each publication with all", async () => {
    const { publish } = await createWorld("all");
    await publish(1);
    const written = await publish(2);
    expect(written.filter((line) => !isMetric(line)).map((line) => JSON.parse(line).message)).toEqual([
      "publication-accepted",
      "unit-completed",
    ]);
    expect(written.filter(isMetric)).toHaveLength(2);
    expect(bytesOf(written)).toBeGreaterThan(1_024);
  });
});

it("writes lines for a publication with a failed and a gone connection with problems, and its metrics at once", async () => {
  let posts = 0;
  const answer = async (): Promise<PostResult | undefined> => {
    posts += 1;
    if (posts === 2) return { outcome: "gone" };
    return posts === 3 ? { outcome: "failed", retryable: false, reason: "403" } : undefined;
  };
  const { publish } = await createWorld("problems", answer);
  await publish(1);
  const messages = lines.filter((line) => !isMetric(line)).map((line) => JSON.parse(line).message);
  expect(messages).toContain("unit-completed");
  expect(messages).toContain("subscription-removed");
  expect(lines.filter(isMetric).some((line) => line.includes('"Failed"'))).toBe(true);
});
