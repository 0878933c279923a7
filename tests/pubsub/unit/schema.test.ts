import { expect, it } from "vitest";
import {
  consumerKey,
  EVENT_KEY_RANGE,
  eventKey,
  ledgerAbandonedKey,
  ledgerKey,
  ledgerPageKey,
  ledgerRunKey,
  ledgerRunsKey,
  parseConsumerKey,
  parseEventKey,
  parseLedgerRowKey,
  parseTopicKey,
  publicationKey,
  TABLE,
  topicKey,
} from "../../../packages/pubsub/src/aws/dynamodb/schema.ts";

const epoch = "0m1c2d3e4";

it("names the table's keys and index as they are provisioned", () => {
  expect(TABLE).toEqual({
    hashKey: "p",
    rangeKey: "u",
    index: { name: "SecondaryIndex", hashKey: "p2" },
    ttlAttribute: "expiresAt",
  });
});

it("builds the keys that readers outside the library rely on", () => {
  const consumer = { domainName: "d.example.com", stage: "$default", connectionId: "a/b=" };
  expect(consumerKey(consumer)).toBe("consumer#d.example.com/$default/a/b=");
  expect(topicKey("room")).toBe("topic#room");
  expect(publicationKey("p#1")).toBe("publication#p#1");
  expect(eventKey(epoch, 42)).toBe(`event#${epoch}#0000000000000042`);
  expect(ledgerKey("room", epoch, 42)).toBe(`fanout#room#${epoch}#0000000000000042`);
  expect(ledgerPageKey("000001")).toBe("page#000001");
  expect(ledgerRunsKey("room", epoch)).toBe(`fanout#room#${epoch}#0000000000000000`);
  expect(ledgerRunKey(42, "04fzyo82mvy")).toBe("run#0000000000000042#04fzyo82mvy");
  expect(ledgerRunKey(42)).toBe("run#0000000000000042#");
  expect(ledgerAbandonedKey("000001/0")).toBe("abandoned#000001/0");
});

it.each(["L0SM9cOFvHcCIhw=", "a/b/c=", "/", "#", " \n", "ü\u{1f4a1}"])(
  "parses the key of a consumer with the connection id %j",
  (connectionId) => {
    const consumer = { domainName: "d.example.com", stage: "$default", connectionId };
    expect(parseConsumerKey(consumerKey(consumer))).toEqual(consumer);
  },
);

it.each([
  "",
  "consumer#",
  "consumer#a",
  "consumer#a/b",
  "consumer#a/b/",
  "consumer#/b/c",
  "consumer#a//c",
  "topic#a/b/c",
])("returns undefined for %j, which is not a consumer's key", (key) => {
  expect(parseConsumerKey(key)).toBeUndefined();
});

it.each(["room", "#", "topic#", "event#1", "a/b\u{1f4a1}"])("parses the key of the topic %j", (topicId) => {
  expect(parseTopicKey(topicKey(topicId))).toBe(topicId);
});

it.each(["", "topic#", "topic", "Topic#a", "consumer#a"])(
  "returns undefined for %j, which is not a topic's key",
  (key) => {
    expect(parseTopicKey(key)).toBeUndefined();
  },
);

it.each([0, 1, 999, 2 ** 32, Number.MAX_SAFE_INTEGER])(
  "parses the key of an event with the offset %d",
  (offset) => {
    const key = eventKey(epoch, offset);
    expect(parseEventKey(key)).toEqual({ epoch, offset });
    expect(key > EVENT_KEY_RANGE.from && key < EVENT_KEY_RANGE.to).toBe(true);
  },
);

it.each([
  "event#",
  `event#${epoch}`,
  `event#${epoch}#1`,
  `event#${epoch}#000000000000000x`,
  `event##0000000000000001`,
  // No event could be appended after a last event with one of these keys
  "event#an-epoch-of-somebody#0000000000000001",
  `event#${epoch}#9999999999999999`,
])("returns undefined for %j, which is not an event's key", (key) => {
  expect(parseEventKey(key)).toBeUndefined();
});

it("keeps the keys of idempotency records and of the epoch record outside the range of events", () => {
  for (const key of [publicationKey("event#"), publicationKey(""), "epoch"]) {
    expect(key > EVENT_KEY_RANGE.from && key < EVENT_KEY_RANGE.to).toBe(false);
  }
});

it("parses the keys of ledger rows and returns undefined for another key", () => {
  expect(parseLedgerRowKey(ledgerPageKey("000001/0"))).toEqual({ row: "page", unit: "000001/0" });
  expect(parseLedgerRowKey(ledgerAbandonedKey("000001/0"))).toEqual({ row: "abandoned", unit: "000001/0" });
  expect(parseLedgerRowKey("pages#000001")).toBeUndefined();
});
