/** What the reasons of a cancelled append say about the log, above all when some of its writes were not decided. */
import type { CancellationReason } from "@aws-sdk/client-dynamodb";
import { expect, it } from "vitest";
import { readCancellation } from "../../../packages/pubsub/src/aws/dynamodb/cancelled-append.ts";
import type { AppendOutcome, AppendRequest } from "../../../packages/pubsub/src/core/ports.ts";
import { eventToAppend } from "../../support/samples.ts";

const epoch = "0m1c2d3e4";
const nowMs = 1_700_000_000_000;
/** `a` has no idempotency record, `B` and `C` have one. */
const requestOf = (ids: string): AppendRequest => ({
  topicId: "t",
  epoch,
  offset: 7,
  events: [...ids].map((id) => eventToAppend(id, { nowMs, idempotent: id === id.toUpperCase() })),
});

const none: CancellationReason = { Code: "None" };
const failed: CancellationReason = { Code: "ConditionalCheckFailed" };
const throttled: CancellationReason = { Code: "ThrottlingError" };
const overdrawn: CancellationReason = { Code: "ProvisionedThroughputExceeded" };
const conflict: CancellationReason = { Code: "TransactionConflict" };
const invalid: CancellationReason = { Code: "ValidationError" };
const event = (publicationId: string): CancellationReason => ({
  ...failed,
  Item: { publicationId: { S: publicationId } },
});
const record = (offset: number, of: string = epoch): CancellationReason => ({
  ...failed,
  Item: { epoch: { S: of }, offset: { N: String(offset) } },
});
const duplicate = (publicationId: string, offset: number, of: string = epoch): AppendOutcome => ({
  outcome: "duplicate",
  duplicates: [{ publicationId, epoch: of, offset }],
});

it.each<[string, string, CancellationReason[], AppendOutcome | undefined]>([
  ["one event is throttled", "ab", [throttled, none], undefined],
  ["one event has no capacity", "ab", [none, overdrawn], undefined],
  ["one event meets another transaction", "ab", [conflict, none], undefined],
  ["one event is invalid", "ab", [invalid, none], undefined],
  [
    "one offset is taken and the other event is throttled",
    "ab",
    [event("x"), throttled],
    { outcome: "conflict" },
  ],
  ["its own event is found and the other one is throttled", "ab", [event("a"), throttled], undefined],
  ["both of its own events are found", "ab", [event("a"), event("b")], { outcome: "appended" }],
  [
    "an offset is taken by an unreadable item and an event is throttled",
    "ab",
    [failed, throttled],
    undefined,
  ],
  ["the epoch changed and an event is throttled", "a", [throttled, failed], undefined],
  ["the epoch changed", "a", [none, failed], { outcome: "conflict" }],
  // It could be this append's own record. To append `a` at another place could then write it a second time
  [
    "a record of its own position is found and an event is throttled",
    "aB",
    [throttled, event("B"), record(8)],
    undefined,
  ],
  [
    "a record of an earlier offset is found and an event is throttled",
    "aB",
    [throttled, none, record(3)],
    duplicate("B", 3),
  ],
  [
    "a record of another epoch is found and an event is throttled",
    "aB",
    [throttled, none, record(8, "0m1c2d3e3")],
    duplicate("B", 8, "0m1c2d3e3"),
  ],
  [
    "all events have records, and one record is throttled",
    "BC",
    [none, none, record(7), throttled],
    duplicate("B", 7),
  ],
  [
    "an offset is taken, and a record and a throttled one are found",
    "aBC",
    [event("x"), none, none, record(8), throttled],
    duplicate("B", 8),
  ],
])("when %s, decides as much as is certain", (_, ids, reasons, expected) => {
  expect(readCancellation(requestOf(ids), reasons)).toEqual(expected);
});
