import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  consumerKey,
  EPOCH_RECORD_KEY,
  EVENT_KEY_RANGE,
  eventKey,
  ledgerAbandonedKey,
  ledgerPageKey,
  parseConsumerKey,
  parseEventKey,
  parseLedgerRowKey,
  parseTopicKey,
  publicationKey,
  topicKey,
} from "../../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { consumerId } from "../../../packages/pubsub/src/core/consumer.ts";
import { idProblem } from "../../../packages/pubsub/src/core/ids.ts";
import { consumer, epoch, everyItem, id, offset, text, unit, worlds } from "../../support/key-worlds.ts";
import { numberOfRuns } from "../../support/number-of-runs.ts";

/** DynamoDB: the most bytes of a hash key and of a range key. */
const HASH_KEY_BYTES_MAX = 2_048;
const RANGE_KEY_BYTES_MAX = 1_024;

/** As DynamoDB compares: by bytes, in which half a surrogate pair is no different from another. */
const bytes = (key: string): Buffer => Buffer.from(key, "utf8");
const stored = (key: readonly string[]): string => key.map((each) => bytes(each).toString("hex")).join(" ");

/** Whose partition a range key belongs to. */
function kindOf(u: string): string {
  if (u.startsWith("topic#")) return "consumer";
  return parseLedgerRowKey(u) ? "ledger" : "topic";
}

describe("an id", () => {
  it("is refused, or is 1 to 512 bytes of UTF-8 that read back the same, without control characters", () => {
    const property = fc.property(text, (value) => {
      const isGood =
        value.isWellFormed() &&
        bytes(value).length >= 1 &&
        bytes(value).length <= 512 &&
        ![...value].some((character) => {
          const code = character.codePointAt(0) ?? 0;
          return code < 0x20 || (code >= 0x7f && code <= 0x9f);
        });
      expect(idProblem("id", value) === undefined).toBe(isGood);
      if (isGood) expect(bytes(value).toString("utf8")).toBe(value);
    });
    fc.assert(property, { numRuns: numberOfRuns(5_000) });
  });

  it.each([
    ["of 512 bytes, four each", "\u{1f4a1}".repeat(128), true],
    ["of 513 bytes, the last one of three", `${"\u8a9e".repeat(170)}\u8a9e`, false],
    ["named like every object's prototype", "__proto__", true],
    ["of half a surrogate pair", "a\ud83d", false],
    ["with a NUL", "a\u0000", false],
  ])("%s", (_, value, isGood) => {
    expect(idProblem("id", value) === undefined).toBe(isGood);
  });
});

describe("items", () => {
  it("all have keys of their own, whatever their ids hold, as bytes too", () => {
    const property = fc.property(worlds, (world) => {
      const keys = everyItem(world).map(stored);
      expect(keys.length).toBeGreaterThanOrEqual(6);
      expect(new Set(keys).size).toBe(keys.length);
    });
    fc.assert(property, { numRuns: numberOfRuns(500) });
  });

  it("fit into the keys of DynamoDB", () => {
    const property = fc.property(worlds, (world) => {
      const keys = everyItem(world);
      expect(Math.max(...keys.map(([p]) => bytes(p).length))).toBeLessThanOrEqual(HASH_KEY_BYTES_MAX);
      expect(Math.max(...keys.map(([, u]) => bytes(u).length))).toBeLessThanOrEqual(RANGE_KEY_BYTES_MAX);
    });
    fc.assert(property, { numRuns: numberOfRuns(100) });
    const longest = "\u{1f4a1}".repeat(128);
    const widest = consumerKey({ domainName: longest, stage: longest, connectionId: longest });
    expect(bytes(widest).length).toBeLessThanOrEqual(HASH_KEY_BYTES_MAX);
  });

  it("of one kind share no partition with those of another", () => {
    const property = fc.property(worlds, (world) => {
      const kinds = new Map<string, Set<string>>();
      for (const [p, u] of everyItem(world)) {
        const kind = kindOf(u);
        kinds.set(stored([p]), (kinds.get(stored([p])) ?? new Set()).add(kind));
      }
      expect([...kinds.values()].filter(({ size }) => size > 1)).toEqual([]);
    });
    fc.assert(property, { numRuns: numberOfRuns(200) });
  });
});

describe("a query", () => {
  it("for a topic's events meets no other item of its partition", () => {
    const isInRange = (u: string): boolean =>
      Buffer.compare(bytes(u), bytes(EVENT_KEY_RANGE.from)) >= 0 &&
      Buffer.compare(bytes(u), bytes(EVENT_KEY_RANGE.to)) <= 0;
    const property = fc.property(id, epoch, offset, (publicationId, inEpoch, at) => {
      expect(isInRange(eventKey(inEpoch, at))).toBe(true);
      expect(isInRange(publicationKey(publicationId)) || isInRange(EPOCH_RECORD_KEY)).toBe(false);
    });
    fc.assert(property, { numRuns: numberOfRuns(2_000) });
  });

  it("for an epoch's events, from an offset on, meets those of no other epoch", () => {
    const property = fc.property(epoch, epoch, offset, offset, (asked, inEpoch, after, at) => {
      const [from, to] = [eventKey(asked, after), eventKey(asked, Number.MAX_SAFE_INTEGER)];
      const key = eventKey(inEpoch, at);
      expect(key >= from && key <= to).toBe(asked === inEpoch && at >= after);
    });
    fc.assert(property, { numRuns: numberOfRuns(2_000) });
  });

  it("for a consumer's topics finds them by their beginning, and reads them back", () => {
    const property = fc.property(id, (topicId) => {
      expect(topicKey(topicId).startsWith(topicKey(""))).toBe(true);
      expect(parseTopicKey(topicKey(topicId))).toBe(topicId);
    });
    fc.assert(property, { numRuns: numberOfRuns(2_000) });
  });
});

describe("keys are taken apart as they were put together", () => {
  it("of consumers, in keys and in cursors", () => {
    const property = fc.property(consumer, consumer, (one, other) => {
      expect(parseConsumerKey(consumerKey(one))).toEqual(one);
      const isSame = JSON.stringify(one) === JSON.stringify(other);
      expect(consumerId(one) === consumerId(other)).toBe(isSame);
    });
    fc.assert(property, { numRuns: numberOfRuns(2_000) });
  });

  it("of events and of the ledger", () => {
    const property = fc.property(epoch, offset, unit, (inEpoch, at, name) => {
      expect(parseEventKey(eventKey(inEpoch, at))).toEqual({ epoch: inEpoch, offset: at });
      expect(parseLedgerRowKey(ledgerPageKey(name))).toEqual({ row: "page", unit: name });
      expect(parseLedgerRowKey(ledgerAbandonedKey(name))).toEqual({ row: "abandoned", unit: name });
    });
    fc.assert(property, { numRuns: numberOfRuns(2_000) });
  });

  it("and any other text, whatever it is, gives an item's parts or nothing, never an error", () => {
    const property = fc.property(text, (key) => {
      const who = parseConsumerKey(key);
      if (who) expect(consumerKey(who)).toBe(key);
      const topicId = parseTopicKey(key);
      if (topicId !== undefined) expect(topicKey(topicId)).toBe(key);
      const event = parseEventKey(key);
      if (event && Number.isSafeInteger(event.offset)) expect(eventKey(event.epoch, event.offset)).toBe(key);
      const row = parseLedgerRowKey(key);
      if (row) expect([ledgerPageKey(row.unit), ledgerAbandonedKey(row.unit)]).toContain(key);
    });
    fc.assert(property, { numRuns: numberOfRuns(5_000) });
  });
});

it("events sort as their epochs and offsets do", () => {
  const property = fc.property(epoch, epoch, offset, offset, (e1, e2, o1, o2) => {
    const inOrder = e1 === e2 ? o1 < o2 : e1 < e2;
    expect(eventKey(e1, o1) < eventKey(e2, o2)).toBe(inOrder);
  });
  fc.assert(property, { numRuns: numberOfRuns(2_000) });
});
