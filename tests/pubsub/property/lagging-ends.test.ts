/**
 * Clients send PINGs with their positions to several processes, whose reads of the log's end lag, while others publish. No
 * answer may say that an event is gone that is in the log, or skip one.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { appendEvents } from "../../../packages/pubsub/src/core/log/append.ts";
import type { TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { heal } from "../../../packages/pubsub/src/core/recovery/heal.ts";
import type { Position } from "../../../packages/pubsub/src/core/types.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { createMemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { numberOfRuns } from "../../support/number-of-runs.ts";
import { consumerOf, subscriptionOf } from "../../support/samples.ts";
import { offsetsIn } from "../unit/recovery-support.ts";

const PROCESSES = 3;
const TOPICS = 14;
const settings = { retentionSeconds: 3_600 };
const topicOf = (topic: number): string => `topic-${topic}`;

type Step =
  | { step: "publish"; topic: number; count: number }
  | { step: "wait"; ms: number }
  /** Each client position is this many events before the log's end. */
  | { step: "ping"; process: number; behind: number[]; lag: number };

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    step: fc.constant("publish" as const),
    topic: fc.nat({ max: TOPICS - 1 }),
    count: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({ step: fc.constant("wait" as const), ms: fc.constantFrom(1, 500, 1_000, 70_000, 700_000) }),
  fc.record({
    step: fc.constant("ping" as const),
    process: fc.nat({ max: PROCESSES - 1 }),
    behind: fc.array(fc.constantFrom(0, 0, 0, 1, 3), { minLength: 1, maxLength: TOPICS }),
    lag: fc.nat({ max: 4 }),
  }),
);

it("answers no position with one before it, with a gap, or with less than all events in between", async () => {
  const property = fc.asyncProperty(fc.array(steps, { minLength: 3, maxLength: 40 }), async (sequence) => {
    const clock = createManualClock({ startMs: 1_800_000_000_000 });
    const memory = createMemoryTopicLog(clock);
    const subscriptions = createMemorySubscriptions(clock);
    const ends = new Map<string, Position>();
    let lag = 0;
    /** As of some events ago, however many the caller knows already. */
    const process = (): TopicLog => ({
      ...memory,
      async tail(topicId, options) {
        const tail = await memory.tail(topicId);
        if (!options?.mayLag || !tail.last) return tail;
        const { after } = options;
        const last = { ...tail.last, offset: tail.last.offset - lag };
        const isShown =
          last.offset > 0 && (!after || after.epoch !== last.epoch || last.offset > after.offset);
        return isShown ? { last } : {};
      },
    });
    const processes = Array.from({ length: PROCESSES }, process);

    async function publish(topicId: string): Promise<void> {
      const draft = { publicationId: "p", publishedAt: 0, json: "1", verbatim: false, idempotent: false };
      const { tail } = await appendEvents({ log: memory, clock, ...settings }, topicId, [draft]);
      ends.set(topicId, { epoch: tail?.epoch ?? "", offset: tail?.offset ?? 0 });
    }

    async function ping(log: TopicLog, behind: readonly number[], seesAll = false): Promise<void> {
      const asked = new Map<string, Position>();
      behind.forEach((by, topic) => {
        const end = ends.get(topicOf(topic));
        if (end) asked.set(topicOf(topic), { ...end, offset: Math.max(0, end.offset - by) });
      });
      const ports = {
        log,
        subscriptions,
        clock,
        observe: (event: object) => expect.fail(JSON.stringify(event)),
      };
      const request = { consumer: consumerOf("client"), asked, endsAtMs: Number.POSITIVE_INFINITY };
      const { positions, frames } = await heal(ports, request, settings);
      expect(positions.size).toBe(asked.size);
      for (const [topicId, since] of asked) {
        const { offset } = since;
        const position = positions.get(topicId) as Position;
        expect(position).toMatchObject({ epoch: since.epoch, recovered: true });
        const own = frames.filter(({ body }) => new TextDecoder().decode(body).includes(`"${topicId}"`));
        const missing = Array.from({ length: position.offset - offset }, (_, n) => offset + n + 1);
        expect(offsetsIn(own)).toEqual(missing);
        const end = ends.get(topicId)?.offset ?? 0;
        expect(position.offset).toBeLessThanOrEqual(end);
        if (seesAll) expect(position.offset).toBe(end);
      }
    }

    for (let topic = 0; topic < TOPICS; topic++) {
      await subscriptions.put(subscriptionOf("client", topicOf(topic)));
      await publish(topicOf(topic));
    }
    for (const step of sequence) {
      if (step.step === "wait") clock.advance(step.ms);
      else if (step.step === "publish") {
        for (let n = 0; n < step.count; n++) await publish(topicOf(step.topic));
      } else {
        ({ lag } = step);
        const log = processes[step.process];
        if (log) await ping(log, step.behind);
      }
      // The events must not expire: that is another story
      if (clock.now() > 1_800_003_000_000) return;
    }
    // Without lag, the next PINGs find what earlier ones did not show
    lag = 0;
    for (let pings = 0; pings < 3; pings++) {
      clock.advance(1_000);
      for (const log of processes) await ping(log, Array(TOPICS).fill(1), true);
    }
  });
  await fc.assert(property, { numRuns: numberOfRuns(400) });
});
