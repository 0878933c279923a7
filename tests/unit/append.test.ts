import { describe, expect, it } from "vitest";
import { appendEvents, type EventDraft } from "../../packages/pubsub/src/log/append.ts";
import { createSharedAppends } from "../../packages/pubsub/src/log/shared-appends.ts";
import { createMemoryTopicLog } from "../../packages/pubsub/src/memory/topic-log.ts";
import type { AppendRequest, TopicLog } from "../../packages/pubsub/src/ports.ts";
import { createManualClock } from "../support/manual-clock.ts";
import { DAY_SECONDS, rejectionOf } from "../support/samples.ts";
import { isBehind } from "../support/simulation/records.ts";

const TOPIC = "topic";
const draftOf = (publicationId: string, idempotent = false): EventDraft => {
  return { publicationId, publishedAt: 0, json: "1", verbatim: false, idempotent };
};

it("writes at the next offset, behind whoever was first", async () => {
  const clock = createManualClock();
  const log = createMemoryTopicLog(clock);
  const context = { log, clock, retentionSeconds: DAY_SECONDS };
  const { tail } = await appendEvents(context, TOPIC, [draftOf("a")]);
  await appendEvents(context, TOPIC, [draftOf("b")]);
  const c = draftOf("c");
  const { appended } = await appendEvents(context, TOPIC, [c], tail);
  expect(appended.get(c)).toMatchObject({ offset: 3, duplicate: false });
});

it("finds what was published before, and writes the rest", async () => {
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

it("gives up after a while when others always come first, and says that it may be tried again", async () => {
  const clock = createManualClock();
  const log: TopicLog = { ...createMemoryTopicLog(clock), append: async () => ({ outcome: "conflict" }) };
  const context = { log, clock, retentionSeconds: DAY_SECONDS };
  expect(await rejectionOf(appendEvents(context, TOPIC, [draftOf("a")]))).toMatchObject({
    code: "APPEND_CONTENDED",
    retryable: true,
  });
  expect(Math.max(...clock.slept)).toBeLessThanOrEqual(250);
  expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(20_000);
});

it("gives an event at least the life of the one before it, so that a log never loses its end first", async () => {
  const clock = createManualClock();
  const log = createMemoryTopicLog(clock);
  await appendEvents({ log, clock, retentionSeconds: DAY_SECONDS }, TOPIC, [draftOf("a")]);
  await appendEvents({ log, clock, retentionSeconds: 60 }, TOPIC, [draftOf("b")]);
  const [a, b] = log.dump(TOPIC);
  expect(b?.expiresAtSeconds).toBe(a?.expiresAtSeconds);
});

describe("at the end of an epoch", () => {
  // A process whose clock was behind wrote on in an epoch that another had just followed by a new one, and again
  // whenever it published: its events stood before publications that had resolved earlier.
  it("lets nobody write on in the old epoch once another process has opened a new one", async () => {
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
    const appends = createSharedAppends(context, async () => {});
    for (const draft of late) {
      const position = await appends.append(TOPIC, draft);
      expect(ofEarly && isBehind(position, ofEarly)).toBe(true);
    }
  });
});

describe("shared appends", () => {
  function setUp(): {
    requests: AppendRequest[];
    append(draft: EventDraft): Promise<{ offset: number; duplicate: boolean }>;
  } {
    const clock = createManualClock();
    const memory = createMemoryTopicLog(clock);
    const requests: AppendRequest[] = [];
    const log: TopicLog = {
      ...memory,
      append(request) {
        requests.push(request);
        return memory.append(request);
      },
    };
    const appends = createSharedAppends({ log, clock, retentionSeconds: DAY_SECONDS }, async () => {});
    return { requests, append: (draft) => appends.append(TOPIC, draft) };
  }

  it("put publishes that come together into one append, in the order they came", async () => {
    const { requests, append } = setUp();
    const positions = await Promise.all(Array.from({ length: 100 }, (_, n) => append(draftOf(`p${n}`))));
    expect(positions.map(({ offset }) => offset)).toEqual(positions.map((_, index) => index + 1));
    expect(requests.map(({ events }) => events.length)).toEqual([1, 40, 40, 19]);
  });

  it("never put one publication id into one append twice", async () => {
    const { requests, append } = setUp();
    const positions = await Promise.all(Array.from({ length: 5 }, () => append(draftOf("same", true))));
    expect(positions.map(({ offset }) => offset)).toEqual([1, 1, 1, 1, 1]);
    expect(positions.map(({ duplicate }) => duplicate)).toEqual([false, true, true, true, true]);
    for (const { events } of requests) expect(events).toHaveLength(1);
  });

  it("keep an append well below DynamoDB's 4 MB", async () => {
    const { requests, append } = setUp();
    const json = JSON.stringify("x".repeat(120_000));
    await Promise.all(Array.from({ length: 12 }, (_, n) => append({ ...draftOf(`p${n}`), json })));
    expect(requests.map(({ events }) => events.length)).toEqual([1, 4, 4, 3]);
  });
});
