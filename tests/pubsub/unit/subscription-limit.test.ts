import { describe, expect, it } from "vitest";
import type { PipelineEvent } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import type { Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import { subscribe } from "../../../packages/pubsub/src/core/subscriptions/subscribe.ts";
import { createMemoryQueue } from "../../../packages/pubsub/src/testing/queue.ts";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { createMemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { seededRandom } from "../../chaos/seeded-random.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { collect, consumerOf } from "../../support/samples.ts";

const consumer = consumerOf("client");
const LIMIT = 3;

interface SetUp {
  told: PipelineEvent[];
  topics(): Promise<string[]>;
  add(topicId: string, limit?: number): Promise<unknown>;
}

function setUp(change: (rows: Subscriptions) => Partial<Subscriptions> = () => ({})): SetUp {
  const clock = createManualClock();
  const told: PipelineEvent[] = [];
  const rows = createMemorySubscriptions(clock);
  const subscriptions = { ...rows, ...change(rows) };
  const ports = {
    clock,
    log: createMemoryTopicLog(clock),
    subscriptions,
    queue: createMemoryQueue(clock),
    observe: (event: PipelineEvent) => void told.push(event),
  };
  return {
    told,
    topics: async () => (await collect(rows.topicsOf(consumer))).toSorted(),
    add: (topicId: string, limit?: number) =>
      subscribe(
        ports,
        { consumer, topicId },
        { retentionSeconds: 3_600, ...(limit !== undefined && { maxSubscriptions: limit }) },
      ),
  };
}

/** Each call takes effect after a few turns, and returns a few turns later. */
const slowed =
  (random: () => number) =>
  (rows: Subscriptions): Partial<Subscriptions> => {
    const turns = async (): Promise<void> => {
      for (let left = random() * 8; left > 1; left--) await Promise.resolve();
    };
    const later = async <Value>(act: () => Promise<Value>): Promise<Value> => {
      await turns();
      const value = await act();
      await turns();
      return value;
    };
    return {
      put: (subscription) => later(() => rows.put(subscription)),
      remove: (subscriptions) => later(() => rows.remove(subscriptions)),
      standing: (request) => later(() => rows.standing(request)),
    };
  };

describe("subscribe with maxSubscriptions", () => {
  it("accepts 200 subscriptions and does not count them without a limit", async () => {
    const { add, topics } = setUp((rows) => ({
      standing(request) {
        expect(request.countTo).toBe(0);
        return rows.standing(request);
      },
    }));
    for (let n = 0; n < 200; n++) await add(`t${n}`);
    expect(await topics()).toHaveLength(200);
  });

  it("rejects one subscription above the limit, removes it and does not report it as subscribed", async () => {
    const { add, topics, told } = setUp();
    for (const topicId of ["a", "b", "c", "a"]) await add(topicId, LIMIT);
    await expect(add("d", LIMIT)).rejects.toMatchObject({
      code: "TOO_MANY_SUBSCRIPTIONS",
      retryable: false,
      context: { topicId: "d" },
    });
    expect(await topics()).toEqual(["a", "b", "c"]);
    expect(told.map((event) => "topicId" in event && event.topicId)).toEqual(["a", "b", "c", "a"]);
  });

  it("never accepts more than the limit, in any order of concurrent writes and counts", async () => {
    for (let seed = 0; seed < 200; seed++) {
      const { add, topics } = setUp(slowed(seededRandom(seed)));
      const asked = Array.from({ length: 8 }, (_, n) => `t${n}`);
      const outcomes = await Promise.allSettled(asked.map((topicId) => add(topicId, LIMIT)));
      const accepted = asked.filter((_, index) => outcomes[index]?.status === "fulfilled");
      expect(accepted.length, `seed ${seed}`).toBeLessThanOrEqual(LIMIT);
      expect(await topics(), `seed ${seed}`).toEqual(accepted);
    }
  });
});
