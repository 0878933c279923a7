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
  SPENDING_KEY,
  topicKey,
} from "../../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { consumerId } from "../../../packages/pubsub/src/core/consumer.ts";
import { idProblem } from "../../../packages/pubsub/src/core/ids.ts";
import { consumer, epoch, everyItem, id, offset, text, unit, worlds } from "../../support/key-worlds.ts";
import { numberOfRuns } from "../../support/number-of-runs.ts";

/** DynamoDB's limits for a hash key and for a range key, in bytes. */
const HASH_KEY_BYTES_MAX = 2_048;
const RANGE_KEY_BYTES_MAX = 1_024;

/** DynamoDB compares keys by bytes. Any two lone surrogates have the same bytes. */
const bytes = (key: string): Buffer => Buffer.from(key, "utf8");
const stored = (key: readonly string[]): string => key.map((each) => bytes(each).toString("hex")).join(" ");

/** Returns the kind of partition that a range key belongs to. */
function kindOf(u: string): string {
  if (u.startsWith("topic#")) return "consumer";
  if (u === SPENDING_KEY.all) return "spending";
  return parseLedgerRowKey(u) ? "ledger" : "topic";
}

describe("an id", () => {
  it("is accepted only if it is 1 to 512 bytes of well-formed UTF-8 without control characters", () => {
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
    ["is accepted with 512 bytes in characters of four", "\u{1f4a1}".repeat(128), true],
    ["is rejected with 513 bytes in characters of three", `${"\u8a9e".repeat(170)}\u8a9e`, false],
    ["is accepted with the name of every object's prototype", "__proto__", true],
    ["is rejected with half a surrogate pair", "a\ud83d", false],
    ["is rejected with a NUL character", "a\u0000", false],
  ])("%s", (_, value, isGood) => {
    expect(idProblem("id", value) === undefined).toBe(isGood);
  });
});

describe("items", () => {
  it("have different keys for different ids, also compared as bytes", () => {
    const property = fc.property(worlds, (world) => {
      const keys = everyItem(world).map(stored);
      expect(keys.length).toBeGreaterThanOrEqual(6);
      expect(new Set(keys).size).toBe(keys.length);
    });
    fc.assert(property, { numRuns: numberOfRuns(500) });
  });

  it("have keys within the size limits of DynamoDB", () => {
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

  it("share no partition with items of another kind", () => {
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
  it("matches no other item of the partition when it reads a topic's events", () => {
    const isInRange = (u: string): boolean =>
      Buffer.compare(bytes(u), bytes(EVENT_KEY_RANGE.from)) >= 0 &&
      Buffer.compare(bytes(u), bytes(EVENT_KEY_RANGE.to)) <= 0;
    const property = fc.property(id, epoch, offset, (publicationId, inEpoch, at) => {
      expect(isInRange(eventKey(inEpoch, at))).toBe(true);
      expect(isInRange(publicationKey(publicationId)) || isInRange(EPOCH_RECORD_KEY)).toBe(false);
    });
    fc.assert(property, { numRuns: numberOfRuns(2_000) });
  });

  it("matches no event of another epoch when it reads from an offset", () => {
    const property = fc.property(epoch, epoch, offset, offset, (asked, inEpoch, after, at) => {
      const [from, to] = [eventKey(asked, after), eventKey(asked, Number.MAX_SAFE_INTEGER)];
      const key = eventKey(inEpoch, at);
      expect(key >= from && key <= to).toBe(asked === inEpoch && at >= after);
    });
    fc.assert(property, { numRuns: numberOfRuns(2_000) });
  });

  it("finds a consumer's topics by their prefix and returns the same topic ids", () => {
    const property = fc.property(id, (topicId) => {
      expect(topicKey(topicId).startsWith(topicKey(""))).toBe(true);
      expect(parseTopicKey(topicKey(topicId))).toBe(topicId);
    });
    fc.assert(property, { numRuns: numberOfRuns(2_000) });
  });
});

describe("parsing a key", () => {
  it("returns the same consumer from a key and from a cursor", () => {
    const property = fc.property(consumer, consumer, (one, other) => {
      expect(parseConsumerKey(consumerKey(one))).toEqual(one);
      const isSame = JSON.stringify(one) === JSON.stringify(other);
      expect(consumerId(one) === consumerId(other)).toBe(isSame);
    });
    fc.assert(property, { numRuns: numberOfRuns(2_000) });
  });

  it("returns the same parts from keys of events and of the ledger", () => {
    const property = fc.property(epoch, offset, unit, (inEpoch, at, name) => {
      expect(parseEventKey(eventKey(inEpoch, at))).toEqual({ epoch: inEpoch, offset: at });
      expect(parseLedgerRowKey(ledgerPageKey(name))).toEqual({ row: "page", unit: name });
      expect(parseLedgerRowKey(ledgerAbandonedKey(name))).toEqual({ row: "abandoned", unit: name });
    });
    fc.assert(property, { numRuns: numberOfRuns(2_000) });
  });

  it("returns an item's parts or undefined for any other text, and never throws", () => {
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

it("sorts the keys of events by epoch and offset", () => {
  const property = fc.property(epoch, epoch, offset, offset, (e1, e2, o1, o2) => {
    const inOrder = e1 === e2 ? o1 < o2 : e1 < e2;
    expect(eventKey(e1, o1) < eventKey(e2, o2)).toBe(inOrder);
  });
  fc.assert(property, { numRuns: numberOfRuns(2_000) });
});
