import { expect, it } from "vitest";
import { appendEvents } from "../../../packages/pubsub/src/core/log/append.ts";
import { readEvents } from "../../../packages/pubsub/src/core/log/read.ts";
import type { TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import type { TopicEvent } from "../../../packages/pubsub/src/core/types.ts";
import { createMemoryTopicLog } from "../../../packages/pubsub/src/testing/topic-log.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { collect, DAY_SECONDS } from "../../support/samples.ts";

const TOPIC = "topic";
type Request = Omit<Parameters<typeof readEvents>[1], "topicId">;

function setUp(): {
  endEpoch(): void;
  publish(...data: unknown[]): Promise<void>;
  read(request?: Request): Promise<TopicEvent[]>;
} {
  const clock = createManualClock({ startMs: 1_700_000_000_000 });
  const log = createMemoryTopicLog(clock);
  return {
    endEpoch: () => clock.advance((DAY_SECONDS - 59) * 1_000),
    async publish(...data) {
      for (const value of data) {
        const draft = {
          publicationId: `id of ${value}`,
          publishedAt: clock.now(),
          json: JSON.stringify(value),
          verbatim: false,
          idempotent: false,
        };
        await appendEvents({ log, clock, retentionSeconds: DAY_SECONDS }, TOPIC, [draft]);
      }
    },
    read: (request = {}) => collect(readEvents({ log }, { topicId: TOPIC, ...request })),
  };
}

it("returns the events as they were published, in order", async () => {
  const { publish, read } = setUp();
  await publish("text", { deep: [1] });
  const epoch = expect.stringMatching(/^[0-9a-z]{9}$/);
  expect(await read()).toEqual([
    {
      topicId: TOPIC,
      epoch,
      offset: 1,
      publicationId: "id of text",
      publishedAt: 1_700_000_000_000,
      data: "text",
    },
    {
      topicId: TOPIC,
      epoch,
      offset: 2,
      publicationId: "id of [object Object]",
      publishedAt: 1_700_000_000_000,
      data: { deep: [1] },
    },
  ]);
});

it("returns the newest events of the current epoch in ascending order", async () => {
  const { publish, read, endEpoch } = setUp();
  expect(await read({ last: 2 })).toEqual([]);
  await publish("a", "b", "c", "d");
  expect((await read({ last: 2 })).map(({ offset, data }) => [offset, data])).toEqual([
    [3, "c"],
    [4, "d"],
  ]);
  const [{ epoch: earlier } = { epoch: "" }] = await read({ last: 1 });
  endEpoch();
  await publish("e");
  expect((await read({ last: 1_000 })).map(({ data }) => data)).toEqual(["e"]);
  expect((await read({ last: 3, epoch: earlier })).map(({ data }) => data)).toEqual(["b", "c", "d"]);
});

it("starts after an offset and stops at a limit", async () => {
  const { publish, read } = setUp();
  await publish("a", "b", "c", "d");
  const dataOf = async (request?: Request): Promise<unknown[]> =>
    (await read(request)).map(({ data }) => data);
  expect(await dataOf({ after: 2 })).toEqual(["c", "d"]);
  expect(await dataOf({ limit: 3 })).toEqual(["a", "b", "c"]);
  expect(await dataOf({ after: 1, limit: 1 })).toEqual(["b"]);
  expect(await dataOf({ limit: undefined })).toHaveLength(4);
});

it("reads the current epoch, or the requested one", async () => {
  const { endEpoch, publish, read } = setUp();
  await publish("old");
  const [old] = await read();
  endEpoch();
  await publish("new");
  expect((await read()).map(({ data }) => data)).toEqual(["new"]);
  expect(await read({ epoch: old?.epoch })).toEqual([old]);
});

it("returns no events for a topic without publications and reads no epoch", async () => {
  const log: TopicLog = {
    ...createMemoryTopicLog(createManualClock()),
    read: ({ epoch }) => expect.fail(`read of epoch ${epoch}`),
  };
  expect(await collect(readEvents({ log }, { topicId: TOPIC }))).toEqual([]);
});
