import { describe, expect, it } from "vitest";
import {
  appendEvents,
  type EventDraft,
  type TailHint,
} from "../../../packages/pubsub/src/core/log/append.ts";
import { createSharedAppends } from "../../../packages/pubsub/src/core/log/shared-appends.ts";
import type { TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { createMemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { DAY_SECONDS, rejectionOf } from "../../support/samples.ts";
import { isBehind } from "../../support/simulation/records.ts";

const TOPIC = "topic";
const draftOf = (publicationId: string, idempotent = false): EventDraft => {
  return { publicationId, publishedAt: 0, json: "1", verbatim: false, idempotent };
};

it("writes at the next offset if another writer was first", async () => {
  const clock = createManualClock();
  const log = createMemoryTopicLog(clock);
  const context = { log, clock, retentionSeconds: DAY_SECONDS };
  const { tail } = await appendEvents(context, TOPIC, [draftOf("a")]);
  await appendEvents(context, TOPIC, [draftOf("b")]);
  const c = draftOf("c");
  const { appended } = await appendEvents(context, TOPIC, [c], tail);
  expect(appended.get(c)).toMatchObject({ offset: 3, duplicate: false });
});

it("returns the positions of events that were published before and writes the rest", async () => {
  const clock = createManualClock();
  const log = createMemoryTopicLog(clock);
  const context = { log, clock, retentionSeconds: DAY_SECONDS };
  await appendEvents(context, TOPIC, [draftOf("x", true), draftOf("y", true)]);
  const drafts = [draftOf("a"), draftOf("y", true), draftOf("b", true), draftOf("x", true)];
  const { appended } = await appendEvents(context, TOPIC, drafts);
  const positions = drafts.map((draft) => appended.get(draft));
  expect(positions.map((position) => [position?.offset, position?.duplicate])).toEqual([
    [3, false],
    [2, true],
    [4, false],
    [1, true],
  ]);
});

it("rejects with a retryable error if other writers are always first", async () => {
  const clock = createManualClock();
  const log: TopicLog = { ...createMemoryTopicLog(clock), append: async () => ({ outcome: "conflict" }) };
  const context = { log, clock, retentionSeconds: DAY_SECONDS };
  expect(await rejectionOf(appendEvents(context, TOPIC, [draftOf("a")]))).toMatchObject({
    code: "APPEND_CONTENDED",
    retryable: true,
    message: `${clock.slept.length + 1} other writers took the offset first; nothing was written`,
    context: { topicId: TOPIC, conflicts: clock.slept.length + 1 },
  });
  // The delay grows so that dozens of writers stop colliding. It is at most a quarter of a second
  expect(clock.slept.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 125, 125, 125]);
  expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(20_000);
});

it("lets an event expire no earlier than the event before it, so that a log never loses its end first", async () => {
  const clock = createManualClock();
  const log = createMemoryTopicLog(clock);
  await appendEvents({ log, clock, retentionSeconds: DAY_SECONDS }, TOPIC, [draftOf("a")]);
  await appendEvents({ log, clock, retentionSeconds: 60 }, TOPIC, [draftOf("b")]);
  const [a, b] = log.dump(TOPIC);
  expect(b?.expiresAtSeconds).toBe(a?.expiresAtSeconds);
});

describe("the tail that a process remembers", () => {
  async function setUp(): Promise<{
    clock: ManualClock;
    publish: (id: string) => Promise<void>;
    reads: () => number;
  }> {
    const clock = createManualClock({ startMs: 1_700_000_000_000 });
    const log = createMemoryTopicLog(clock);
    let reads = 0;
    const counting: TopicLog = {
      ...log,
      tail(topicId) {
        reads += 1;
        return log.tail(topicId);
      },
    };
    const context = { log: counting, clock, retentionSeconds: DAY_SECONDS };
    let tail: TailHint | undefined;
    return {
      clock,
      reads: () => reads,
      async publish(id) {
        ({ tail } = await appendEvents(context, TOPIC, [draftOf(id, true)], tail));
      },
    };
  }

  it("saves reading the tail again, also after a repeated publication", async () => {
    const { publish, reads } = await setUp();
    for (const id of ["a", "b", "a", "c"]) await publish(id);
    expect(reads()).toBe(1);
  });

  it("reads the tail again once the epoch may be over by another process's clock", async () => {
    const { clock, publish, reads } = await setUp();
    await publish("a");
    clock.advance((DAY_SECONDS - 121) * 1_000);
    await publish("a");
    expect(reads()).toBe(1);
    clock.advance(1_000);
    await publish("a");
    expect(reads()).toBe(2);
  });
});

describe("at the end of an epoch", () => {
  // One process opened a new epoch. Another, whose clock was slow, kept writing to the old epoch with each of its
  // publications, so its events were ordered before publications that had resolved earlier.
  it("stops a process with a slow clock from writing to the old epoch after another opened a new one", async () => {
    const ahead = createManualClock({ startMs: 1_700_000_000_000 });
    const behind = createManualClock({ startMs: ahead.now() - 2_000 });
    const log = createMemoryTopicLog(ahead);
    await appendEvents({ log, clock: ahead, retentionSeconds: DAY_SECONDS }, TOPIC, [draftOf("first")]);
    for (const clock of [ahead, behind]) clock.advance((DAY_SECONDS - 59) * 1_000);
    const early = draftOf("by the clock ahead");
    let ofEarly: { epoch: string; offset: number } | undefined;
    const slow: TopicLog = {
      ...log,
      async append(request) {
        if (!ofEarly) {
          const { appended } = await appendEvents(
            { log, clock: ahead, retentionSeconds: DAY_SECONDS },
            TOPIC,
            [early],
          );
          ofEarly = appended.get(early);
        }
        return log.append(request);
      },
    };
    const context = { log: slow, clock: behind, retentionSeconds: DAY_SECONDS };
    const late = [draftOf("by the clock behind"), draftOf("by the clock behind again")];
    const appends = createSharedAppends(context);
    for (const draft of late) {
      const { appended: position } = await appends.append(TOPIC, draft);
      expect(ofEarly && isBehind(position, ofEarly)).toBe(true);
    }
  });
});
