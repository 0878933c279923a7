import { describe, expect, it } from "vitest";
import { nextEpoch } from "../../../packages/pubsub/src/core/log/epoch.ts";
import { jsonOfBytes } from "../../support/json-data.ts";
import { collect, DAY_SECONDS, incompressible } from "../../support/samples.ts";
import type { SetUpTopicLog } from "./topic-log-set-up.ts";

export function testReads(setUp: SetUpTopicLog): void {
  describe("read", () => {
    it("returns the written data unchanged", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const json = JSON.stringify('"quoted" \u{1f4a1} \\ \u0007 \ud800');
      const events = [
        event("plain", { json: '{"a":[1,null]}', publishedAt: 12 }),
        event("text", { json, verbatim: true, idempotent: true }),
        event("empty", { json: '""', verbatim: true }),
      ];
      await log.append({ topicId, epoch, offset: 1, events });
      const stored = await collect(log.read({ topicId, epoch, after: 0 }));
      expect(stored).toEqual(
        events.map(({ publicationId, publishedAt, json, verbatim }, index) => {
          return { offset: index + 1, publicationId, publishedAt, json, verbatim };
        }),
      );
    });

    it("returns the trace of an event that has one", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
      const events = [event("traced", { traceparent }), event("not traced")];
      await log.append({ topicId, epoch, offset: 1, events });
      const stored = await collect(log.read({ topicId, epoch, after: 0 }));
      expect(stored.map((each) => each.traceparent)).toEqual([traceparent, undefined]);
    });

    it.each([1_024, 1_025, 20_480, 131_072])("returns data of %i bytes unchanged", async (length) => {
      const { log, topicId, epoch, event } = await setUp();
      const json = jsonOfBytes(length);
      const text = JSON.stringify(`${"漢 🐎 \\ ".repeat(length / 16)}\ud800`);
      const events = [
        event("alone", { json }),
        event("in a transaction", { json, idempotent: true }),
        event("text", { json: text, verbatim: true }),
      ];
      await log.append({ topicId, epoch, offset: 1, events: events.slice(0, 1) });
      await log.append({ topicId, epoch, offset: 2, events: events.slice(1) });
      const stored = await collect(log.read({ topicId, epoch, after: 0 }));
      expect(stored.map(({ json, verbatim }) => ({ json, verbatim }))).toEqual(
        events.map(({ json, verbatim }) => ({ json, verbatim })),
      );
    });

    it.each([
      { after: 0, limit: undefined, offsets: [1, 2, 3, 4, 5] },
      { after: 2, limit: undefined, offsets: [3, 4, 5] },
      { after: 0, limit: 2, offsets: [1, 2] },
      { after: 3, limit: 1, offsets: [4] },
      { after: 3, limit: 100, offsets: [4, 5] },
      { after: 5, limit: 5, offsets: [] },
      { after: 0, limit: 0, offsets: [] },
      { after: Number.MAX_SAFE_INTEGER, limit: undefined, offsets: [] },
    ])("begins behind $after and ends after $limit", async ({ after, limit, offsets }) => {
      const { log, topicId, epoch, event } = await setUp();
      const events = [1, 2, 3, 4, 5].map((n) => event(`p${n}`, { idempotent: n === 3 }));
      await log.append({ topicId, epoch, offset: 1, events });
      const request = { topicId, epoch, after, ...(limit !== undefined && { limit }) };
      expect((await collect(log.read(request))).map(({ offset }) => offset)).toEqual(offsets);
    });

    it("returns events of the given epoch and topic only, even if other names are similar", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const newer = nextEpoch(0, epoch);
      await log.append({
        topicId,
        epoch,
        offset: 1,
        events: [event("old")],
        opening: { replaces: undefined },
      });
      await log.append({ topicId, epoch: newer, offset: 1, events: [event("new")] });
      await log.append({ topicId: `${topicId}#event`, epoch, offset: 1, events: [event("a"), event("b")] });
      const old = await collect(log.read({ topicId, epoch, after: 0 }));
      expect(old.map(({ publicationId }) => publicationId)).toEqual(["old"]);
      const current = await collect(log.read({ topicId, epoch: newer, after: 0 }));
      expect(current.map(({ publicationId }) => publicationId)).toEqual(["new"]);
      expect(await collect(log.read({ topicId: topicId.slice(0, -1), epoch, after: 0 }))).toEqual([]);
    });

    it("omits expired events and counts only the others", async () => {
      const { clock, log, topicId, epoch, event } = await setUp();
      const shortLived = Math.ceil(clock.now() / 1_000) + 60;
      const events = ["a", "b", "c", "d", "e"].map((id, index) =>
        event(id, index < 3 ? { expiresAtSeconds: shortLived } : {}),
      );
      await log.append({ topicId, epoch, offset: 1, events });
      clock.advance(61_000);
      const offsets = async (limit?: number): Promise<number[]> => {
        const request = { topicId, epoch, after: 0, ...(limit !== undefined && { limit }) };
        return (await collect(log.read(request))).map(({ offset }) => offset);
      };
      expect(await offsets()).toEqual([4, 5]);
      expect(await offsets(1)).toEqual([4]);
      expect(await offsets(2)).toEqual([4, 5]);
      clock.advance(DAY_SECONDS * 1_000);
      expect(await offsets()).toEqual([]);
    });

    it("returns how many bytes the epoch has up to each event, and so does the tail", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const events = [
        event("a", { bytesSoFar: 10 }),
        event("b", { bytesSoFar: 25 }),
        event("of an old version"),
      ];
      await log.append({ topicId, epoch, offset: 1, events: events.slice(0, 2) });
      expect((await log.tail(topicId)).last).toMatchObject({ offset: 2, bytesSoFar: 25 });
      await log.append({ topicId, epoch, offset: 3, events: events.slice(2) });
      expect((await log.tail(topicId)).last).not.toHaveProperty("bytesSoFar");
      const stored = await collect(log.read({ topicId, epoch, after: 0, mayLag: true }));
      expect(stored.map(({ bytesSoFar }) => bytesSoFar)).toEqual([10, 25, undefined]);
    });

    it("returns every append that resolved before the read", async () => {
      const { log, topicId, epoch, event } = await setUp();
      for (let offset = 1; offset <= 10; offset++) {
        await log.append({ topicId, epoch, offset, events: [event(`p${offset}`)] });
        expect(await collect(log.read({ topicId, epoch, after: offset - 1 }))).toHaveLength(1);
      }
    });

    it("reads every page of more than a megabyte", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const json = JSON.stringify(incompressible(100_000));
      for (let offset = 1; offset <= 24; offset += 6) {
        const events = [0, 1, 2, 3, 4, 5].map((n) => event(`p${offset + n}`, { json }));
        expect(await log.append({ topicId, epoch, offset, events })).toEqual({ outcome: "appended" });
      }
      const stored = await collect(log.read({ topicId, epoch, after: 0 }));
      expect(stored.map(({ offset }) => offset)).toEqual(Array.from({ length: 24 }, (_, n) => n + 1));
      expect(stored.every((event) => event.json === json)).toBe(true);
      expect(await collect(log.read({ topicId, epoch, after: 3, limit: 15 }))).toHaveLength(15);
    });
  });
}
