/** Tests an append that is made again because its response was lost. */
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

    it("is a duplicate if every publication id has a record", async () => {
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

    // A regression: two processes published under one id at the same offset, and both appends returned that they were
    // the first. The second process took the other's event for its own earlier write.
    it("is a duplicate for all but one of several writers with the same publication id", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const opening = { replaces: undefined };
      const request = { topicId, epoch, offset: 1, events: [event("x", { idempotent: true })], opening };
      let outcomes = await Promise.all(Array.from({ length: 10 }, () => log.append(request)));
      expect(outcomes.filter(({ outcome }) => outcome === "appended")).toHaveLength(1);
      // Appends that met the winner's transaction in progress returned a conflict, so they run again
      outcomes = await Promise.all(outcomes.map(() => log.append(request)));
      const duplicates = [{ publicationId: "x", epoch, offset: 1 }];
      expect(outcomes).toEqual(outcomes.map(() => ({ outcome: "duplicate", duplicates })));
    });

    it("is recognised as its own earlier write together with the epoch that it opened", async () => {
      const { log, topicId, epoch, event } = await setUp();
      const opening = { replaces: undefined };
      const request = { topicId, epoch, offset: 1, events: [event("a")], opening };
      expect(await log.append(request)).toEqual({ outcome: "appended" });
      expect(await log.append(request)).toEqual({ outcome: "appended" });
    });

    it("is not recognised as its own earlier write if only some of its events exist", async () => {
      const { log, topicId, epoch, event } = await setUp();
      await log.append({ topicId, epoch, offset: 1, events: [event("a")] });
      const events = [event("a"), event("b")];
      expect(await log.append({ topicId, epoch, offset: 1, events })).toEqual({ outcome: "conflict" });
    });
  });
}
