/**
 * Publications, workers, failed posts and messages that SQS delivers again, in random order. A consumer with `latest` must
 * end with the newest event, whichever events it never got, and no message may contain more than one event for it.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { handleBatch } from "../../../packages/pubsub/src/core/fanout/batch.ts";
import { createInlineFanout } from "../../../packages/pubsub/src/core/fanout/inline-fanout.ts";
import { publicationStatus } from "../../../packages/pubsub/src/core/fanout/status.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import { createPublisher, type PublishResult } from "../../../packages/pubsub/src/core/publish/publish.ts";
import { nextInvocation } from "../../support/drain-queue.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { numberOfRuns } from "../../support/number-of-runs.ts";
import { consumerOf, DAY_SECONDS, subscriptionOf } from "../../support/samples.ts";

const TOPIC = "prices";

type Step =
  | { step: "publish"; count: number }
  /** A worker receives messages. If it forgets them, SQS delivers them again. */
  | { step: "work"; messages: number; forgets: boolean }
  | { step: "wait"; ms: number };

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ step: fc.constant("publish" as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({
    step: fc.constant("work" as const),
    messages: fc.integer({ min: 1, max: 10 }),
    forgets: fc.boolean(),
  }),
  fc.record({ step: fc.constant("wait" as const), ms: fc.constantFrom(100, 2_000, 40_000) }),
);

const outcomes = fc.constantFrom<PostResult>(
  { outcome: "delivered" },
  { outcome: "delivered" },
  { outcome: "throttled" },
  { outcome: "failed", retryable: true, reason: "HTTP 500", kind: "5xx" },
);

interface Consumer {
  id: string;
  format: "data" | "event";
  latest: boolean;
}

const CONSUMERS: readonly Consumer[] = [
  { id: "latest-event", format: "event", latest: true },
  { id: "latest-data", format: "data", latest: true },
  { id: "every-event", format: "event", latest: false },
];

interface Scenario {
  sequence: Step[];
  results: PostResult[];
  partSize: number;
  inline: boolean;
  formats: "all" | "event";
}

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  sequence: fc.array(steps, { minLength: 3, maxLength: 25 }),
  results: fc.array(outcomes, { minLength: 1, maxLength: 30 }),
  /** Three consumers are one part, or several that are posted by themselves. */
  partSize: fc.constantFrom(1, 2, 100),
  inline: fc.boolean(),
  /** Subscribers of the format event alone need no claim. */
  formats: fc.constantFrom("all" as const, "event" as const),
});

it("ends with the newest event for every consumer with latest, which gets one event a message", async () => {
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    const used = CONSUMERS.filter(({ format }) => scenario.formats === "all" || format === "event");
    const results = scenario.results.values();
    const context = createTestContext({
      partSize: scenario.partSize,
      maxAttempts: 60,
      answer: async () => results.next().value,
    });
    for (const { id, format, latest } of used) {
      context.connections.open(consumerOf(id));
      const subscription = { format, subscribedAt: context.clock.now(), ...(latest && { latest }) };
      await context.subscriptions.put(subscriptionOf(id, TOPIC, subscription as object));
    }
    const published = await run(context, scenario);
    for (const { id, format, latest } of used) {
      const offsets = context.connections.received(consumerOf(id)).map((text) => offsetsIn(format, text));
      if (latest) expect(offsets.every(({ length }) => length === 1)).toBe(true);
      expect(Math.max(0, ...offsets.flat())).toBe(published.length);
      if (!latest) expect(new Set(offsets.flat()).size).toBe(published.length);
    }
    for (const publication of published) {
      const status = await publicationStatus(context, publication);
      expect(status).toMatchObject({ state: "complete", gone: 0, abandoned: 0 });
      expect(status.delivered).toBeGreaterThanOrEqual(used.length);
    }
  });
  await fc.assert(property, { numRuns: numberOfRuns(150) });
});

async function run(context: TestContext, { sequence, inline }: Scenario): Promise<PublishResult[]> {
  const { queue, clock } = context;
  const published: PublishResult[] = [];
  const fanout = inline ? createInlineFanout(context, 5) : undefined;
  const { publish } = createPublisher(context, { retentionSeconds: DAY_SECONDS }, fanout);
  for (const each of sequence) {
    if (each.step === "wait") clock.advance(each.ms);
    else if (each.step === "work") await work(context, each.messages, each.forgets);
    else {
      const many = Array.from({ length: each.count }, (_, n) => published.length + n + 1);
      published.push(...(await Promise.all(many.map((data) => publish({ topicId: TOPIC, data })))));
    }
  }
  for (let atMs = queue.nextVisibleAtMs(); atMs !== undefined; atMs = queue.nextVisibleAtMs()) {
    clock.advance(Math.max(0, atMs - clock.now()));
    await work(context, 10, false);
  }
  return published;
}

async function work(context: TestContext, messages: number, forgets: boolean): Promise<void> {
  const received = context.queue.receive(messages, 45_000);
  if (received.length === 0) return;
  const handled = await handleBatch(nextInvocation(context), received);
  for (const [id, { outcome }] of handled) if (outcome === "done" && !forgets) context.queue.delete(id);
}

function offsetsIn(format: "data" | "event", text: string): number[] {
  const value = JSON.parse(text) as unknown;
  // The data of each event is its offset
  if (format === "data") return [value as number];
  return (value as { events: { offset: number }[] }).events.map(({ offset }) => offset);
}
