/** A write whose answer was lost, and that is asked for again. */
import { describe, expect, it } from "vitest";
import { collect } from "../../support/samples.ts";
import type { SetUpTopicLog } from "./topic-log-set-up.ts";

export function testOwnWrites(setUp: SetUpTopicLog): void {
  describe("a repeated append", () => {
    it.each([
      ["a single event", ["a"]],
      ["a group", ["a", "b"]],
      ["a group of which some have a record", ["a", "b with a record", "c with a record"]],
    ])("is recognised as its own earlier write: %s", async (_, ids) => {
      const { log, topicId, epoch, event } = await setUp();
      const events = ids.map((id) => event(id, { idempotent: id.endsWith("record") }));
      const request = { topicId, epoch, offset: 1, events };
      expect(await log.append(request)).toEqual({ outcome: "appended" });
      expect(await log.append(request)).toEqual({ outcome: "appended" });
      const stored = await collect(log.read({ topicId, epoch, after: 0 }));
      expect(stored.map(({ publicationId }) => publicationId)).toEqual(ids);
    });

    it("is a duplicate where every publication id has a record", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const events = ["a", "b"].map((id) => event(id, { idempotent: true }));
      const request = { topicId, epoch, offset: 1, events };
      expect(await log.append(request)).toEqual({ outcome: "appended" });
      expect(await log.append(request)).toEqual({
        outcome: "duplicate",
        duplicates: [
          { publicationId: "a", epoch, offset: 1 },
          { publicationId: "b", epoch, offset: 2 },
        ],
      });
    });

    // Two processes publishing under one id at the same offset were both told that theirs was the first: the
    // second one took the other's event for its own earlier write.
    it("of another writer with the same publication id is a duplicate for all but one", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const opening = { replaces: undefined };
      const request = { topicId, epoch, offset: 1, events: [event("x", { idempotent: true })], opening };
      let outcomes = await Promise.all(Array.from({ length: 10 }, () => log.append(request)));
      expect(outcomes.filter(({ outcome }) => outcome === "appended")).toHaveLength(1);
      // Those that met the winner's transaction under way are told of a conflict, and ask again
      outcomes = await Promise.all(outcomes.map(() => log.append(request)));
      const duplicates = [{ publicationId: "x", epoch, offset: 1 }];
      expect(outcomes).toEqual(outcomes.map(() => ({ outcome: "duplicate", duplicates })));
    });

    it("is recognised with the epoch that it opened", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const opening = { replaces: undefined };
      const request = { topicId, epoch, offset: 1, events: [event("a")], opening };
      expect(await log.append(request)).toEqual({ outcome: "appended" });
      expect(await log.append(request)).toEqual({ outcome: "appended" });
    });

    it("is not taken for its own if only part of it stands there", async () => {
      const { log, topicId, epoch, event } = await setUp();
      await log.append({ topicId, epoch, offset: 1, events: [event("a")] });
      const events = [event("a"), event("b")];
      expect(await log.append({ topicId, epoch, offset: 1, events })).toEqual({ outcome: "conflict" });
    });
  });
}
