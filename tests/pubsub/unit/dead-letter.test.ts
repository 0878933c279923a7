import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openLetter } from "../../../packages/pubsub/src/core/dead-letters/dead-letter.ts";
import { createLineage } from "../../../packages/pubsub/src/core/dead-letters/lineage.ts";
import type { HeldLetter } from "../../../packages/pubsub/src/core/dead-letters/port.ts";
import { encodeFanoutMessage, type PartMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import {
  deadUnit,
  isDeepest,
  isUnit,
  partUnit,
  unitKind,
} from "../../../packages/pubsub/src/core/fanout/units.ts";
import { consumerOf, storedEvent } from "../../support/samples.ts";

const epoch = "0m1c2d3e4";
const redelivery = (changes: Partial<PartMessage> = {}): PartMessage => ({
  kind: "part",
  topicId: "room-1",
  epoch,
  offsets: [7, 8],
  unit: "000001/a/dead",
  attempt: 1,
  consumers: ["a", "b"].map((id) => ({ consumer: consumerOf(id), format: "data", subscribedAt: 0, from: 7 })),
  ...changes,
});
const held = (changes: Partial<HeldLetter>): HeldLetter => {
  return { id: "id", receipt: "receipt", body: "", sentAt: 5, receiveCount: 6, ...changes };
};
const abandoned = { code: "DELIVERY_ABANDONED", message: "throttled (429); 500", attempts: 8 };

describe("openLetter", () => {
  it("returns an abandoned delivery with its attempts, errors and consumers", () => {
    const events = [7, 8].map((offset) => storedEvent(offset, { json: `{"n":${offset}}` }));
    const body = encodeFanoutMessage(redelivery({ events }));
    expect(openLetter(held({ body, reason: abandoned })).letter).toEqual({
      id: "id",
      code: "DELIVERY_ABANDONED",
      reason: "throttled (429); 500",
      attempts: 8,
      sentAt: 5,
      malformed: false,
      topicId: "room-1",
      epoch,
      offsets: [7, 8],
      consumers: [consumerOf("a"), consumerOf("b")],
      events: [7, 8].map((offset) => ({
        topicId: "room-1",
        epoch,
        offset,
        publicationId: `publication-${offset}`,
        publishedAt: 1_700_000_000_000,
        data: { n: offset },
      })),
    });
  });

  it("returns a step that the redrive policy moved, with the number of times it was received", () => {
    const body = encodeFanoutMessage({
      kind: "topic",
      topicId: "t",
      epoch,
      offsets: [1],
      step: 3,
      cursor: "c",
    });
    const { letter } = openLetter(held({ body }));
    expect(letter).toMatchObject({ code: "MAX_RECEIVES", attempts: 6, step: 3, consumers: [], offsets: [1] });
    expect(letter.reason).toBe("moved by the queue's redrive policy; received 6 times, looks at it included");
    expect(letter).not.toHaveProperty("events");
  });

  it("returns a message that the fan-out rejected with its code, reason and body", () => {
    const reason = { code: "INVALID_MESSAGE", message: "kind must be …", attempts: 1 };
    const opened = openLetter(held({ body: "{}", reason }));
    expect(opened).toEqual({
      letter: {
        id: "id",
        code: "INVALID_MESSAGE",
        reason: "kind must be …",
        attempts: 1,
        sentAt: 5,
        malformed: true,
        body: "{}",
      },
    });
    // The worker that rejected it may be older than this reader, so its meaning at that time is unknown
    expect(openLetter(held({ body: encodeFanoutMessage(redelivery()), reason })).message).toBeUndefined();
  });

  it("returns any other message as malformed, with its body", () => {
    expect(openLetter(held({ body: "not JSON" })).letter).toMatchObject({
      malformed: true,
      code: "INVALID_MESSAGE",
      reason: "not JSON (8 characters)",
      attempts: 6,
    });
    const property = fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
      expect(openLetter(held({ body })).letter).toMatchObject({ malformed: true, body });
    });
    fc.assert(property);
  });
});

describe("lineage", () => {
  it("recognizes only the messages that a redriven letter handed on", () => {
    const lineage = createLineage();
    lineage.add(redelivery());
    const descends = (changes: Partial<PartMessage>): boolean => lineage.descends(redelivery(changes));
    expect(descends({ unit: "000001/a/dead/b/c/dead" })).toBe(true);
    expect(descends({ unit: "000001/a/dead/b/c/dead", offsets: [8] })).toBe(true);
    // A copy of the letter itself: its worker died after it had sent the copy
    expect(descends({})).toBe(false);
    expect(descends({ unit: "000001/b/dead/c/dead" })).toBe(false);
    expect(descends({ unit: "000001/a/deadx/c/dead" })).toBe(false);
    for (const changes of [{ topicId: "room-2" }, { epoch: "0m1c2d3e5" }, { offsets: [9] }]) {
      expect(descends({ unit: "000001/a/dead/b/c/dead", ...changes })).toBe(false);
    }
  });

  it("recognizes the redeliveries of a redriven page", () => {
    const lineage = createLineage();
    lineage.add({ kind: "topic", topicId: "room-1", epoch, offsets: [7, 8], step: 1 });
    expect(lineage.descends(redelivery())).toBe(true);
    expect(lineage.descends(redelivery({ unit: "000002/a/dead" }))).toBe(false);
    expect(lineage.descends({ kind: "topic", topicId: "room-1", epoch, offsets: [7, 8], step: 1 })).toBe(
      false,
    );
  });
});

// The unit's name used to grow with every redrive. After eight redrives, the letter could no longer be read.
it("keeps a letter's unit valid, with all of its attempts left, after 100 redrives", () => {
  const { consumers } = redelivery();
  let unit = partUnit("000001", consumers);
  for (let redrives = 0; redrives < 100; redrives++) {
    unit = deadUnit(unit);
    expect(unitKind(unit)).toBe("dead");
    for (let attempt = 1; attempt <= 8; attempt++) {
      expect(isUnit(unit)).toBe(true);
      expect(isDeepest(unit)).toBe(false);
      unit = partUnit(unit, consumers);
    }
  }
});
