import { expect, it } from "vitest";
import type { EventDraft } from "../../../packages/pubsub/src/core/log/append.ts";
import { createSharedAppends } from "../../../packages/pubsub/src/core/log/shared-appends.ts";
import type { AppendRequest, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { createMemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { DAY_SECONDS } from "../../support/samples.ts";

const TOPIC = "topic";
const draftOf = (publicationId: string, idempotent = false): EventDraft => {
  return { publicationId, publishedAt: 0, json: "1", verbatim: false, idempotent };
};

function setUp(): {
  requests: AppendRequest[];
  /** The topics whose last event was read from the log, in order. */
  reads: string[];
  append(draft: EventDraft, topicId?: string): Promise<{ offset: number; duplicate: boolean }>;
} {
  const clock = createManualClock();
  const memory = createMemoryTopicLog(clock);
  const requests: AppendRequest[] = [];
  const reads: string[] = [];
  const log: TopicLog = {
    ...memory,
    tail(topicId) {
      reads.push(topicId);
      return memory.tail(topicId);
    },
    append(request) {
      requests.push(request);
      return memory.append(request);
    },
  };
  const appends = createSharedAppends({ log, clock, retentionSeconds: DAY_SECONDS });
  return {
    requests,
    reads,
    append: async (draft, topicId = TOPIC) => (await appends.append(topicId, draft)).appended,
  };
}

it("appends concurrent publications together, up to 40 at a time, in the order of their calls", async () => {
  const { requests, append } = setUp();
  const positions = await Promise.all(Array.from({ length: 100 }, (_, n) => append(draftOf(`p${n}`))));
  expect(positions.map(({ offset }) => offset)).toEqual(positions.map((_, index) => index + 1));
  expect(requests.map(({ events }) => events.length)).toEqual([1, 40, 40, 19]);
});

it("never has a publication id twice in an append, and returns the first offset for duplicates", async () => {
  const { requests, append } = setUp();
  const positions = await Promise.all(Array.from({ length: 5 }, () => append(draftOf("same", true))));
  expect(positions.map(({ offset }) => offset)).toEqual([1, 1, 1, 1, 1]);
  expect(positions.map(({ duplicate }) => duplicate)).toEqual([false, true, true, true, true]);
  for (const { events } of requests) expect(events).toHaveLength(1);
});

it("splits concurrent publications into appends well below DynamoDB's 4 MB", async () => {
  const { requests, append } = setUp();
  const json = JSON.stringify("x".repeat(124_998));
  await Promise.all(Array.from({ length: 12 }, (_, n) => append({ ...draftOf(`p${n}`), json })));
  expect(requests.map(({ events }) => events.length)).toEqual([1, 4, 4, 3]);
});

it("appends an event of 600 KB alone", async () => {
  const { requests, append } = setUp();
  const json = JSON.stringify("x".repeat(600_000));
  await Promise.all([append({ ...draftOf("large"), json }), append(draftOf("a")), append(draftOf("b"))]);
  expect(requests.map(({ events }) => events.length)).toEqual([1, 2]);
});

it("remembers the last events of the thousand topics that were published to last", async () => {
  const { reads, append } = setUp();
  const publish = async (...topics: number[]): Promise<void> => {
    for (const n of topics) await append(draftOf(`p${n}`), `topic-${n}`);
  };
  await publish(...Array.from({ length: 1_000 }, (_, n) => n));
  await publish(0, 1_000);
  expect(reads).toHaveLength(1_001);
  await publish(0, 2);
  expect(reads).toHaveLength(1_001);
  await publish(1);
  expect(reads.slice(1_001)).toEqual(["topic-1"]);
});

it("remembers a topic while an append is in flight, so that its events do not compete for offsets", async () => {
  const clock = createManualClock();
  const memory = createMemoryTopicLog(clock);
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const batches: number[] = [];
  const log: TopicLog = {
    ...memory,
    async append(request) {
      if (request.topicId === TOPIC) {
        batches.push(request.events.length);
        await released;
      }
      return memory.append(request);
    },
  };
  const appends = createSharedAppends({ log, clock, retentionSeconds: DAY_SECONDS });
  const first = appends.append(TOPIC, draftOf("first"));
  for (let n = 0; n < 1_100; n++) await appends.append(`other-${n}`, draftOf("other"));
  const later = [appends.append(TOPIC, draftOf("second")), appends.append(TOPIC, draftOf("third"))];
  release();
  const positions = await Promise.all([first, ...later]);
  expect(positions.map(({ appended }) => appended.offset)).toEqual([1, 2, 3]);
  expect(batches).toEqual([1, 2]);
});
