import {
  type Context,
  type ContextManager,
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import { createPublisher } from "../../../packages/pubsub/src/core/publish/publish.ts";
import { subscribe } from "../../../packages/pubsub/src/core/subscriptions/subscribe.ts";
import { openTelemetryTracing } from "../../../packages/pubsub/src/observe/opentelemetry.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { consumerOf, rejectionOf } from "../../support/samples.ts";

const settings = { retentionSeconds: 86_400 };
let exporter: InMemorySpanExporter;
let provider: BasicTracerProvider;

beforeEach(() => {
  exporter = new InMemorySpanExporter();
  provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
});

afterEach(() => {
  context.disable();
});

/** What an SDK's context manager would say in the code of the caller. */
const alwaysIn = (active: Context): ContextManager => ({
  active: () => active,
  with: (_, run, thisArg, ...args) => run.call(thisArg, ...args),
  bind: (_, target) => target,
  enable: () => alwaysIn(active),
  disable: () => alwaysIn(active),
});

function world(options: Parameters<typeof createTestContext>[0] = {}): TestContext {
  return { ...createTestContext(options), tracing: openTelemetryTracing(provider.getTracer("test")) };
}

/** Has a worker handle what is in the queue, message by message, until nothing is left. */
async function workOff(world: TestContext): Promise<void> {
  for (;;) {
    const received = world.queue.receive(10, 30_000);
    if (received.length === 0) return;
    await handleBatch(world, received);
    for (const { id } of received) world.queue.delete(id);
  }
}

const spansNamed = (name: string): ReadableSpan[] =>
  exporter.getFinishedSpans().filter((span) => span.name === name);

const traceparentOf = (span: ReadableSpan | undefined): string => {
  const { traceId = "", spanId = "" } = span?.spanContext() ?? {};
  return `00-${traceId}-${spanId}-01`;
};

async function subscribeAll(world: TestContext, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const consumer = consumerOf(`c${n}`);
    world.connections.open(consumer);
    await subscribe(world, { consumer, topicId: "t", format: "event" }, settings);
  }
}

describe("a publication that is traced", () => {
  it("is a span of a producer, in the trace of the code that published", async () => {
    const own = world();
    const caller = provider.getTracer("app").startSpan("request");
    const active = trace.setSpan(ROOT_CONTEXT, caller);
    context.setGlobalContextManager(alwaysIn(active));
    const { publish } = createPublisher(own, settings);
    const { publicationId } = await publish({ topicId: "t", data: "hello" });
    const [published] = spansNamed("publish");
    expect(published?.parentSpanContext?.spanId).toBe(caller.spanContext().spanId);
    expect(published?.kind).toBe(SpanKind.PRODUCER);
    expect(published?.attributes).toMatchObject({
      "messaging.system": "lambda-websocket-pubsub",
      "messaging.operation.type": "send",
      "messaging.destination.name": "t",
      "messaging.message.id": publicationId,
      "pubsub.offset": 1,
      "pubsub.duplicate": false,
    });
  });

  it("is the parent of its delivery, whose span counts the posts", async () => {
    const own = world();
    await subscribeAll(own, 3);
    await createPublisher(own, settings).publish({ topicId: "t", data: "hello" });
    await workOff(own);
    const [published] = spansNamed("publish");
    const [delivered] = spansNamed("deliver");
    expect(delivered?.parentSpanContext?.spanId).toBe(published?.spanContext().spanId);
    expect(delivered?.spanContext().traceId).toBe(published?.spanContext().traceId);
    expect(delivered?.links).toEqual([]);
    expect(delivered?.attributes).toMatchObject({ "pubsub.consumers": 3, "pubsub.delivered": 3 });
  });

  it("is the parent of its dispatch, and of each of its parts", async () => {
    const own = world({ partSize: 2 });
    await subscribeAll(own, 5);
    await createPublisher(own, settings).publish({ topicId: "t", data: "hello" });
    await workOff(own);
    const [published] = spansNamed("publish");
    const [dispatched] = spansNamed("dispatch");
    const parts = spansNamed("deliver");
    expect(dispatched?.attributes["pubsub.parts"]).toBe(parts.length);
    expect(parts.length).toBeGreaterThan(1);
    for (const span of [dispatched, ...parts]) {
      expect(span?.parentSpanContext?.spanId).toBe(published?.spanContext().spanId);
    }
  });

  it("is linked, beside the others, to the delivery of publications that are posted together", async () => {
    const own = world();
    await subscribeAll(own, 2);
    const { publish } = createPublisher(own, settings);
    await Promise.all(["a", "b", "c"].map((data) => publish({ topicId: "t", data })));
    await workOff(own);
    const published = spansNamed("publish").map(traceparentOf);
    const [delivered] = spansNamed("deliver");
    expect(published).toHaveLength(3);
    expect(delivered?.parentSpanContext).toBeUndefined();
    const linked = delivered?.links.map(({ context: { traceId, spanId } }) => `00-${traceId}-${spanId}-01`);
    expect(linked?.toSorted()).toEqual(published.toSorted());
  });

  it("is found by a delivery that reads the event from the log, because it is too large for the message", async () => {
    const own = world();
    await subscribeAll(own, 1);
    const { publish } = createPublisher(own, settings);
    await Promise.all([1, 2].map(() => publish({ topicId: "t", data: "x".repeat(100_000) })));
    await workOff(own);
    expect(spansNamed("deliver").flatMap(({ links }) => links)).toHaveLength(2);
  });

  it("has the error's code, and not its message, if it fails", async () => {
    const own = world();
    own.queue.send = () => Promise.reject(new Error("with a secret in it"));
    await rejectionOf(createPublisher(own, settings).publish({ topicId: "t", data: "hello" }));
    const [published] = spansNamed("publish");
    expect(published?.status).toEqual({ code: SpanStatusCode.ERROR, message: "FANOUT_NOT_QUEUED" });
    expect(JSON.stringify([published?.attributes, published?.events])).not.toContain("secret");
  });
});

it("carries nothing on events and messages if no SDK records", async () => {
  const own = { ...createTestContext(), tracing: openTelemetryTracing() };
  await createPublisher(own, settings).publish({ topicId: "t", data: "hello" });
  expect(own.log.dump("t")[0]).not.toHaveProperty("traceparent");
  expect(own.queue.receive(1, 0)[0]?.body).not.toContain("traceparent");
});

it("ignores a traceparent that is not one", async () => {
  const own = world();
  await subscribeAll(own, 1);
  await createPublisher(own, settings).publish({ topicId: "t", data: "hello" });
  const [message] = own.queue.receive(1, 0);
  const broken = message?.body.replace(/"traceparent":"[^"]*"/, '"traceparent":"00-0-0-zz"') ?? "";
  await handleBatch(own, [{ id: "1", body: broken, receiveCount: 1 }]);
  expect(spansNamed("deliver")[0]?.parentSpanContext).toBeUndefined();
  expect(own.connections.received(consumerOf("c0"))).toHaveLength(1);
});
