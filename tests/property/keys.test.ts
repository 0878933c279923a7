import fc from "fast-check";
import { expect, it } from "vitest";
import {
  consumerKey,
  EPOCH_RECORD_KEY,
  eventKey,
  ledgerAbandonedKey,
  ledgerKey,
  ledgerPageKey,
  publicationKey,
  topicKey,
} from "../../packages/pubsub/src/aws/schema.ts";
import { idProblem } from "../../packages/pubsub/src/ids.ts";
import { nextEpoch } from "../../packages/pubsub/src/log/epoch.ts";

/** Ids made of what keys are made of, so that they collide if they can. */
const awkward = fc
  .array(
    fc.constantFrom(
      "topic#",
      "event#",
      "publication#",
      "epoch",
      "fanout#",
      "consumer#",
      "page#",
      "#",
      "/",
      "0",
      "a",
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(""));
const id = fc
  .oneof(awkward, fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }))
  .filter((value) => idProblem("id", value) === undefined);
const part = id.filter((value) => !value.includes("/"));
const epoch = fc.nat().map((ms) => nextEpoch(ms, undefined));
const offset = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const unit = fc.constantFrom("000001", "000002", "000001/0", "000001/0/dead", "000010/3/1");

/** Every kind of item, by what it is about, and its key. */
const items: fc.Arbitrary<{ about: unknown[]; key: [string, string] }> = fc.oneof(
  fc.tuple(part, part, id, id).map(([domainName, stage, connectionId, topicId]) => ({
    about: ["subscription", domainName, stage, connectionId, topicId],
    key: [consumerKey({ domainName, stage, connectionId }), topicKey(topicId)] as [string, string],
  })),
  fc.tuple(id, epoch, offset).map(([topicId, inEpoch, at]) => ({
    about: ["event", topicId, inEpoch, at],
    key: [topicKey(topicId), eventKey(inEpoch, at)] as [string, string],
  })),
  fc.tuple(id, id).map(([topicId, publicationId]) => ({
    about: ["idempotency record", topicId, publicationId],
    key: [topicKey(topicId), publicationKey(publicationId)] as [string, string],
  })),
  id.map((topicId) => ({
    about: ["epoch record", topicId],
    key: [topicKey(topicId), EPOCH_RECORD_KEY] as [string, string],
  })),
  fc.tuple(id, epoch, offset, unit, fc.boolean()).map(([topicId, inEpoch, at, name, isPage]) => ({
    about: ["ledger", topicId, inEpoch, at, name, isPage],
    key: [ledgerKey(topicId, inEpoch, at), isPage ? ledgerPageKey(name) : ledgerAbandonedKey(name)] as [
      string,
      string,
    ],
  })),
);

it("gives different items different keys, whatever their ids hold", () => {
  const property = fc.property(fc.array(items, { minLength: 2, maxLength: 40 }), (some) => {
    const byKey = new Map<string, string>();
    for (const { about, key } of some) {
      const said = JSON.stringify(about);
      const name = JSON.stringify(key);
      expect(byKey.get(name) ?? said).toBe(said);
      byKey.set(name, said);
    }
  });
  fc.assert(property, { numRuns: 2_000 });
});

it("gives items of different partitions different partitions", () => {
  const property = fc.property(id, id, epoch, offset, (one, other, inEpoch, at) => {
    expect(ledgerKey(one, inEpoch, at) === ledgerKey(other, inEpoch, at)).toBe(one === other);
    expect(topicKey(one) === topicKey(other)).toBe(one === other);
    expect(ledgerKey(one, inEpoch, at)).not.toBe(topicKey(other));
  });
  fc.assert(property, { numRuns: 2_000 });
});

it("sorts events as their epochs and offsets do", () => {
  const property = fc.property(epoch, epoch, offset, offset, (e1, e2, o1, o2) => {
    const inOrder = e1 === e2 ? o1 < o2 : e1 < e2;
    expect(eventKey(e1, o1) < eventKey(e2, o2)).toBe(inOrder);
  });
  fc.assert(property, { numRuns: 2_000 });
});
