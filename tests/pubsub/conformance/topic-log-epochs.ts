import { describe, expect, it } from "vitest";
import { nextEpoch } from "../../../packages/pubsub/src/core/log/epoch.ts";
import type { EpochRecord, LogTail, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import { collect, DAY_SECONDS } from "../../support/samples.ts";
import type { SetUpTopicLog } from "./topic-log-set-up.ts";

/** Returns the tail without what it cost, which only some adapters know. */
async function tailOf(log: TopicLog, topicId: string): Promise<LogTail> {
  const { readUnits = 1, ...tail } = await log.tail(topicId);
  expect(readUnits).toBeGreaterThanOrEqual(1);
  return tail;
}

export function testEpochs(setUp: SetUpTopicLog): void {
  describe("tail", () => {
    it("returns nothing for a topic without publications", async () => {
      const { log, topicId } = await setUp();
      expect(await tailOf(log, topicId)).toEqual({});
    });

    it("returns every append that resolved before the read", async () => {
      const { log, topicId, epoch, event } = await setUp();
      for (let offset = 1; offset <= 12; offset++) {
        const appended = event(`p${offset}`, { idempotent: offset % 2 === 0 });
        await log.append({ topicId, epoch, offset, events: [appended] });
        const { last } = await log.tail(topicId);
        expect(last).toEqual({ epoch, offset, expiresAtSeconds: appended.expiresAtSeconds });
      }
    });

    it("returns the end of the newest epoch, even if older epochs are longer", async () => {
      const { log, topicId, epoch, event } = await setUp();
      await log.append({ topicId, epoch, offset: 1, events: [event("a"), event("b"), event("c")] });
      const newer = nextEpoch(0, epoch);
      await log.append({ topicId, epoch: newer, offset: 1, events: [event("d")] });
      expect((await log.tail(topicId)).last).toMatchObject({ epoch: newer, offset: 1 });
    });

    it("returns an event that has expired, and also the epoch record", async () => {
      const { clock, log, topicId, epoch, event } = await setUp();
      const only = event("a");
      const opening = { replaces: undefined };
      await log.append({ topicId, epoch, offset: 1, events: [only], opening });
      clock.advance((DAY_SECONDS + 5) * 1_000);
      const { expiresAtSeconds } = only;
      expect(await tailOf(log, topicId)).toEqual({
        last: { epoch, offset: 1, expiresAtSeconds },
        record: { epoch, used: true, expiresAtSeconds },
      });
    });

    it("also returns the epoch record if the last event expires within two minutes", async () => {
      const { clock, log, topicId, epoch, event } = await setUp();
      const soon = Math.ceil(clock.now() / 1_000) + 100;
      await log.append({ topicId, epoch, offset: 1, events: [event("a", { expiresAtSeconds: soon })] });
      const record = { epoch: nextEpoch(0, epoch), used: false, expiresAtSeconds: soon + DAY_SECONDS };
      await log.openEpoch({ topicId, epoch: record, replaces: undefined });
      expect(await tailOf(log, topicId)).toEqual({
        last: { epoch, offset: 1, expiresAtSeconds: soon },
        record,
      });
    });

    it("never returns the record of a used epoch without the epoch's first event", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const events = [event("a")];
      let written = false;
      const append = log.append({ topicId, epoch, offset: 1, events, opening: { replaces: undefined } });
      const tails = [];
      void append.then(() => {
        written = true;
      });
      while (!written) tails.push(await log.tail(topicId));
      tails.push(await log.tail(topicId));
      expect(tails.filter(({ last, record }) => record?.used && !last)).toEqual([]);
      expect(tails.at(-1)?.last).toMatchObject({ epoch, offset: 1 });
    });

    it("returns the epoch record if there is no event", async () => {
      const { clock, log, topicId, epoch } = await setUp();
      const record = { epoch, used: false, expiresAtSeconds: Math.ceil(clock.now() / 1_000) + DAY_SECONDS };
      expect(await log.openEpoch({ topicId, epoch: record, replaces: undefined })).toBe(true);
      expect(await tailOf(log, topicId)).toEqual({ record });
    });
  });

  describe("opening an epoch", () => {
    it("succeeds only if the record is the expected one", async () => {
      const { clock, log, topicId, epoch } = await setUp();
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + DAY_SECONDS;
      const first = { epoch, used: false, expiresAtSeconds };
      const second = { epoch: nextEpoch(0, epoch), used: false, expiresAtSeconds };
      expect(await log.openEpoch({ topicId, epoch: second, replaces: first })).toBe(false);
      expect(await tailOf(log, topicId)).toEqual({});
      expect(await log.openEpoch({ topicId, epoch: first, replaces: undefined })).toBe(true);
      expect(await log.openEpoch({ topicId, epoch: second, replaces: undefined })).toBe(false);
      expect(await log.openEpoch({ topicId, epoch: second, replaces: { ...first, used: true } })).toBe(false);
      const older = { ...first, expiresAtSeconds: expiresAtSeconds - 1 };
      expect(await log.openEpoch({ topicId, epoch: second, replaces: older })).toBe(false);
      expect((await log.tail(topicId)).record).toEqual(first);
      expect(await log.openEpoch({ topicId, epoch: second, replaces: first })).toBe(true);
      expect((await log.tail(topicId)).record).toEqual(second);
    });

    it("lets exactly one of ten concurrent writers win, with no record and with an older one", async () => {
      const { clock, log, topicId } = await setUp();
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + DAY_SECONDS;
      let replaces: EpochRecord | undefined;
      for (let round = 0; round < 2; round++) {
        const records = Array.from({ length: 10 }, (_, racer): EpochRecord => {
          return { epoch: nextEpoch(clock.now() + racer, replaces?.epoch), used: false, expiresAtSeconds };
        });
        const wins = await Promise.all(
          records.map((record) => log.openEpoch({ topicId, epoch: record, replaces })),
        );
        expect(wins.filter(Boolean)).toHaveLength(1);
        const { record } = await log.tail(topicId);
        expect(record).toEqual(records[wins.indexOf(true)]);
        replaces = record;
        clock.advance(1_000);
      }
    });

    it("writes the record and the first event together, or neither", async () => {
      const { clock, log, topicId, epoch, event } = await setUp();
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + DAY_SECONDS;
      const opened = { epoch, used: false, expiresAtSeconds };
      await log.openEpoch({ topicId, epoch: opened, replaces: undefined });
      const events = [event("a", { idempotent: true }), event("b")];
      const stale = { topicId, epoch, offset: 1, events, opening: { replaces: undefined } };
      expect(await log.append(stale)).toEqual({ outcome: "conflict" });
      expect(await collect(log.read({ topicId, epoch, after: 0 }))).toEqual([]);
      expect(await log.append({ ...stale, opening: { replaces: opened } })).toEqual({ outcome: "appended" });
      clock.advance((DAY_SECONDS + 5) * 1_000);
      expect((await log.tail(topicId)).record).toMatchObject({ epoch, used: true });
    });

    // A regression: the clock of a process was slow. The process kept appending to an epoch after another process had
    // opened the next one, for as long as it remembered the end of the old epoch.
    it("lets only one win: an append to an epoch or the opening of the next epoch", async () => {
      const { log, topicId, epoch, event } = await setUp();
      await log.append({ topicId, epoch, offset: 1, events: [event("a")], opening: { replaces: undefined } });
      const replaces = { epoch, used: true, expiresAtSeconds: event("a").expiresAtSeconds };
      const renewed = event("b", { expiresAtSeconds: replaces.expiresAtSeconds + 1 });
      const goOn = { topicId, epoch, offset: 2, events: [renewed], opening: { replaces } };
      const next = { topicId, epoch: nextEpoch(0, epoch), offset: 1, events: [event("c")] };
      const outcomes = await Promise.all([log.append(goOn), log.append({ ...next, opening: { replaces } })]);
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(["appended", "conflict"]);
    });

    it("lets only one win: a subscriber or a writer that opens the same epoch", async () => {
      const { clock, log, topicId, epoch, event } = await setUp();
      const expiresAtSeconds = Math.ceil(clock.now() / 1_000) + DAY_SECONDS;
      const subscribers = { epoch: nextEpoch(0, epoch), used: false, expiresAtSeconds };
      const opening = { replaces: undefined };
      const [written, opened] = await Promise.all([
        log.append({ topicId, epoch, offset: 1, events: [event("a")], opening }),
        log.openEpoch({ topicId, epoch: subscribers, replaces: undefined }),
      ]);
      expect([written.outcome === "appended", opened].filter(Boolean)).toHaveLength(1);
      expect(await collect(log.read({ topicId, epoch, after: 0 }))).toHaveLength(opened ? 0 : 1);
    });
  });
}
