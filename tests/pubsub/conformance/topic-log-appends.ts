import { describe, expect, it } from "vitest";
import { collect, DAY_SECONDS } from "../../support/samples.ts";
import type { SetUpTopicLog } from "./topic-log-set-up.ts";

export function testAppends(setUp: SetUpTopicLog): void {
  describe("append", () => {
    it("writes at consecutive offsets, in the order given", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const first = { topicId, epoch, offset: 1, events: [event("a")] };
      expect(await log.append(first)).toEqual({ outcome: "appended" });
      const events = [event("b"), event("c", { idempotent: true }), event("d")];
      expect(await log.append({ topicId, epoch, offset: 2, events })).toEqual({ outcome: "appended" });
      const stored = await collect(log.read({ topicId, epoch, after: 0 }));
      expect(stored.map(({ offset, publicationId }) => [offset, publicationId])).toEqual([
        [1, "a"],
        [2, "b"],
        [3, "c"],
        [4, "d"],
      ]);
    });

    it("writes forty events with their idempotency records in one append", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const events = Array.from({ length: 40 }, (_, index) => event(`p${index}`, { idempotent: true }));
      const opening = { replaces: undefined };
      expect(await log.append({ topicId, epoch, offset: 1, events, opening })).toEqual({
        outcome: "appended",
      });
      const stored = await collect(log.read({ topicId, epoch, after: 0 }));
      expect(stored.map(({ offset }) => offset)).toEqual(events.map((_, index) => index + 1));
    });

    it("keeps the event at a taken offset and writes none of the new events", async () => {
      const { log, topicId, epoch, event } = await setUp();
      await log.append({ topicId, epoch, offset: 1, events: [event("first")] });
      const plain = { topicId, epoch, offset: 1, events: [event("second")] };
      expect(await log.append(plain)).toEqual({ outcome: "conflict" });
      const group = [event("third", { idempotent: true }), event("fourth")];
      expect(await log.append({ topicId, epoch, offset: 1, events: group })).toEqual({ outcome: "conflict" });
      const stored = await collect(log.read({ topicId, epoch, after: 0 }));
      expect(stored.map(({ publicationId }) => publicationId)).toEqual(["first"]);
      // If the idempotency record had been written, this append would be a duplicate
      expect(await log.append({ topicId, epoch, offset: 2, events: group })).toEqual({ outcome: "appended" });
    });

    it("writes none of the events if a later one's offset is taken", async () => {
      const { log, topicId, epoch, event } = await setUp();
      await log.append({ topicId, epoch, offset: 2, events: [event("stands")] });
      const events = [event("a"), event("b")];
      expect(await log.append({ topicId, epoch, offset: 1, events })).toEqual({ outcome: "conflict" });
      const stored = await collect(log.read({ topicId, epoch, after: 0 }));
      expect(stored.map(({ publicationId }) => publicationId)).toEqual(["stands"]);
    });

    it("returns the duplicate's position for a repeated publication id and writes nothing", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const known = [event("x", { idempotent: true }), event("y", { idempotent: true })];
      await log.append({ topicId, epoch, offset: 1, events: known });
      const events = [event("new", { idempotent: true }), ...known.toReversed()];
      const outcome = await log.append({ topicId, epoch, offset: 3, events });
      expect(outcome).toMatchObject({ outcome: "duplicate" });
      const duplicates = outcome.outcome === "duplicate" ? [...outcome.duplicates] : [];
      expect(duplicates.sort((a, b) => a.offset - b.offset)).toEqual([
        { publicationId: "x", epoch, offset: 1 },
        { publicationId: "y", epoch, offset: 2 },
      ]);
      expect(await collect(log.read({ topicId, epoch, after: 2 }))).toEqual([]);
    });

    it("reports a duplicate even if its offset is taken", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const known = event("x", { idempotent: true });
      await log.append({ topicId, epoch, offset: 1, events: [known] });
      await log.append({ topicId, epoch, offset: 2, events: [event("other")] });
      expect(await log.append({ topicId, epoch, offset: 2, events: [known] })).toEqual({
        outcome: "duplicate",
        duplicates: [{ publicationId: "x", epoch, offset: 1 }],
      });
    });

    it("forgets a publication id when its record expires, even before the row is deleted", async () => {
      const { clock, log, topicId, epoch, event } = await setUp();
      await log.append({ topicId, epoch, offset: 1, events: [event("x", { idempotent: true })] });
      clock.advance((DAY_SECONDS + 2) * 1_000);
      const again = { topicId, epoch, offset: 2, events: [event("x", { idempotent: true })] };
      expect(await log.append(again)).toEqual({ outcome: "appended" });
      expect(await log.append({ ...again, offset: 3 })).toEqual({
        outcome: "duplicate",
        duplicates: [{ publicationId: "x", epoch, offset: 2 }],
      });
    });

    it("keeps publication ids of different topics apart", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const request = { epoch, offset: 1, events: [event("x", { idempotent: true })] };
      expect(await log.append({ ...request, topicId })).toEqual({ outcome: "appended" });
      expect(await log.append({ ...request, topicId: `${topicId}#` })).toEqual({ outcome: "appended" });
    });

    it.each([
      ["single events", [1]],
      ["groups", [2]],
      ["single events and groups", [1, 3]],
    ])("gives an offset to exactly one of ten racing writers: %s", async (_, sizes) => {
      const { log, topicId, epoch, event } = await setUp();
      const racers = Array.from({ length: 10 }, (_, racer) => {
        const size = sizes[racer % sizes.length] ?? 1;
        const events = Array.from({ length: size }, (_, index) => event(`racer-${racer}-${index}`));
        return { topicId, epoch, offset: 1, events };
      });
      const outcomes = await Promise.all(racers.map((request) => log.append(request)));
      const won = outcomes.flatMap(({ outcome }, racer) => (outcome === "appended" ? [racer] : []));
      expect(won).toHaveLength(1);
      expect(outcomes.filter(({ outcome }) => outcome === "conflict")).toHaveLength(9);
      const stored = await collect(log.read({ topicId, epoch, after: 0 }));
      const winner = racers[won[0] ?? -1]?.events.map(({ publicationId }) => publicationId);
      expect(stored.map(({ publicationId }) => publicationId)).toEqual(winner);
    });
  });
}
