import { describe, expect, it } from "vitest";
import { nextEpoch } from "../../../packages/pubsub/src/core/log/epoch.ts";
import type { NewestEvents } from "../../../packages/pubsub/src/core/log/newest-port.ts";
import { DAY_SECONDS, incompressible } from "../../support/samples.ts";
import type { SetUpTopicLog } from "./topic-log-set-up.ts";

const offsetsOf = ({ events }: NewestEvents): number[] => events.map(({ offset }) => offset);

export function testNewest(setUp: SetUpTopicLog): void {
  describe("newest", () => {
    it.each([
      { limit: 2, offsets: [4, 5] },
      { limit: 5, offsets: [1, 2, 3, 4, 5] },
      { limit: 100, offsets: [1, 2, 3, 4, 5] },
      { limit: 0, offsets: [] },
      { limit: 2, upTo: 3, offsets: [2, 3] },
      { limit: 2, upTo: 1, offsets: [1] },
      { limit: 2, upTo: 0, offsets: [] },
    ])("returns the newest $limit events up to $upTo in ascending order", async ({ offsets, ...request }) => {
      const { log, topicId, epoch, event } = await setUp();
      const events = [1, 2, 3, 4, 5].map((n) => event(`p${n}`, { idempotent: n === 3, bytesSoFar: n }));
      await log.append({ topicId, epoch, offset: 1, events });
      for (const mayLag of [false, true]) {
        const found = await log.newest({ topicId, epoch, mayLag, ...request });
        expect(offsetsOf(found)).toEqual(offsets);
        expect(found).toMatchObject({ epoch, cut: false });
      }
    });

    it("returns an event as `read` does, with its data, its time and how many bytes its epoch has", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const json = JSON.stringify('"quoted" \u{1f4a1} \\ \u0007 \ud800');
      await log.append({
        topicId,
        epoch,
        offset: 1,
        events: [event("text", { json, verbatim: true, publishedAt: 12, bytesSoFar: 40 })],
      });
      const { events } = await log.newest({ topicId, epoch, limit: 1 });
      expect(events).toEqual([
        { offset: 1, publicationId: "text", publishedAt: 12, json, verbatim: true, bytesSoFar: 40 },
      ]);
    });

    it("returns no event and no epoch for a topic without events, and those of the newest epoch by default", async () => {
      const { log, topicId, epoch, event } = await setUp();
      expect(await log.newest({ topicId, limit: 5 })).toMatchObject({ events: [], cut: false });
      expect(await log.newest({ topicId, limit: 5 })).not.toHaveProperty("epoch");
      const newer = nextEpoch(0, epoch);
      await log.append({ topicId, epoch, offset: 1, events: [event("a"), event("b")] });
      expect(await log.newest({ topicId, limit: 5 })).toMatchObject({ epoch, cut: false });
      await log.append({ topicId, epoch: newer, offset: 1, events: [event("c")] });
      await log.append({ topicId: `${topicId}#event`, epoch: newer, offset: 1, events: [event("d")] });
      const found = await log.newest({ topicId, limit: 5 });
      expect(found).toMatchObject({ epoch: newer, cut: false });
      expect(found.events.map(({ publicationId }) => publicationId)).toEqual(["c"]);
      expect(offsetsOf(await log.newest({ topicId, epoch, limit: 5 }))).toEqual([1, 2]);
    });

    it("returns the events that have not expired, and none before them", async () => {
      const { clock, log, topicId, epoch, event } = await setUp();
      const shortLived = Math.ceil(clock.now() / 1_000) + 60;
      const events = ["a", "b", "c", "d", "e"].map((id, index) =>
        event(id, index < 3 ? { expiresAtSeconds: shortLived } : {}),
      );
      await log.append({ topicId, epoch, offset: 1, events });
      clock.advance(61_000);
      expect(offsetsOf(await log.newest({ topicId, limit: 5 }))).toEqual([4, 5]);
      expect(await log.newest({ topicId, limit: 5 })).toMatchObject({ cut: false });
      clock.advance(DAY_SECONDS * 1_000);
      expect(await log.newest({ topicId, limit: 5 })).toMatchObject({ epoch, events: [], cut: false });
    });

    it("returns as many events as have `maxBytes`, and says that it cut the others", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const json = JSON.stringify("x".repeat(98));
      await log.append({
        topicId,
        epoch,
        offset: 1,
        events: ["a", "b", "c"].map((id) => event(id, { json })),
      });
      const upTo = async (maxBytes: number, limit = 5): Promise<[number[], boolean]> => {
        const found = await log.newest({ topicId, limit, maxBytes });
        return [offsetsOf(found), found.cut];
      };
      expect(await upTo(300)).toEqual([[1, 2, 3], false]);
      expect(await upTo(299)).toEqual([[2, 3], true]);
      expect(await upTo(200, 2)).toEqual([[2, 3], false]);
      expect(await upTo(99)).toEqual([[], true]);
    });

    it("reads more than a megabyte, and with `maxBytes` cuts it", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const json = JSON.stringify(incompressible(100_000));
      for (let offset = 1; offset <= 24; offset += 6) {
        const events = [0, 1, 2, 3, 4, 5].map((n) => event(`p${offset + n}`, { json }));
        await log.append({ topicId, epoch, offset, events });
      }
      const found = await log.newest({ topicId, limit: 23 });
      expect(offsetsOf(found)).toEqual(Array.from({ length: 23 }, (_, n) => n + 2));
      expect(found.events.every((each) => each.json === json)).toBe(true);
      expect(found.cut).toBe(false);
      const cut = await log.newest({ topicId, limit: 23, maxBytes: 524_288 });
      expect(offsetsOf(cut)).toEqual([20, 21, 22, 23, 24]);
      expect(cut.cut).toBe(true);
    });
  });
}
