import { expect, it } from "vitest";
import { nextEpoch } from "../../../packages/pubsub/src/core/log/epoch.ts";
import { expiryGuardSeconds, type Place, placeAfter } from "../../../packages/pubsub/src/core/log/place.ts";
import type { LogTail } from "../../../packages/pubsub/src/core/ports.ts";
import { DAY_SECONDS } from "../../support/samples.ts";

const nowSeconds = 1_700_000_000;
const old = nextEpoch((nowSeconds - DAY_SECONDS) * 1_000, undefined);
const newer = nextEpoch((nowSeconds - 10) * 1_000, undefined);
const fresh = nextEpoch(nowSeconds * 1_000, undefined);
const inFuture = nextEpoch((nowSeconds + 3_600) * 1_000, undefined);
const lastIn = (
  epoch: string,
  leftSeconds: number,
): { epoch: string; offset: number; expiresAtSeconds: number } => {
  return { epoch, offset: 7, expiresAtSeconds: nowSeconds + leftSeconds };
};
const recordOf = (epoch: string, used: boolean): NonNullable<LogTail["record"]> => {
  return { epoch, used, expiresAtSeconds: nowSeconds + 500 };
};

const cases: [string, LogTail, Place][] = [
  [
    "opens an epoch for a topic without rows",
    {},
    { epoch: fresh, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: undefined } },
  ],
  [
    "appends to the epoch of a last event that does not expire soon",
    { last: lastIn(old, DAY_SECONDS) },
    { epoch: old, offset: 8, minExpiresAtSeconds: nowSeconds + DAY_SECONDS },
  ],
  [
    "appends to the epoch of a last event that does not expire soon, with an epoch record",
    { last: lastIn(old, 121), record: recordOf(old, true) },
    { epoch: old, offset: 8, minExpiresAtSeconds: nowSeconds + 121 },
  ],
  [
    "appends on the condition of an unchanged record if the last event may expire soon by another clock",
    { last: lastIn(old, 120), record: recordOf(old, true) },
    {
      epoch: old,
      offset: 8,
      minExpiresAtSeconds: nowSeconds + 120,
      opening: { replaces: recordOf(old, true) },
    },
  ],
  [
    "appends on the condition that no record exists if the record expired before its epoch",
    { last: lastIn(old, 61) },
    { epoch: old, offset: 8, minExpiresAtSeconds: nowSeconds + 61, opening: { replaces: undefined } },
  ],
  [
    "opens an epoch if the last event is about to expire",
    { last: lastIn(old, 60), record: recordOf(old, true) },
    { epoch: fresh, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(old, true) } },
  ],
  [
    "opens an epoch if the last event has expired",
    { last: lastIn(old, -5) },
    { epoch: fresh, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: undefined } },
  ],
  [
    "uses an epoch that a subscriber opened",
    { record: recordOf(newer, false) },
    { epoch: newer, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(newer, false) } },
  ],
  [
    "uses an epoch that a subscriber opened after the last event expired",
    { last: lastIn(old, -5), record: recordOf(newer, false) },
    { epoch: newer, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(newer, false) } },
  ],
  [
    "uses an epoch that a subscriber opened while the last event is still valid by this clock",
    { last: lastIn(old, 90), record: recordOf(newer, false) },
    { epoch: newer, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(newer, false) } },
  ],
  [
    "opens an epoch instead of one whose events have all expired",
    { record: recordOf(newer, true) },
    { epoch: fresh, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(newer, true) } },
  ],
  [
    "opens an epoch instead of returning to one that is older than the last event's",
    { last: lastIn(newer, -5), record: recordOf(old, false) },
    { epoch: fresh, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(old, false) } },
  ],
  [
    "opens an epoch instead of the expired last event's, even if its record says unused",
    { last: lastIn(newer, -5), record: recordOf(newer, false) },
    { epoch: fresh, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(newer, false) } },
  ],
  [
    "opens an epoch after the one of a record from the future",
    { record: recordOf(inFuture, true) },
    {
      epoch: nextEpoch(0, inFuture),
      offset: 1,
      minExpiresAtSeconds: 0,
      opening: { replaces: recordOf(inFuture, true) },
    },
  ],
  [
    "opens an epoch after the one of a record from the future when an older last event has expired",
    { last: lastIn(old, 0), record: recordOf(inFuture, true) },
    {
      epoch: nextEpoch(0, inFuture),
      offset: 1,
      minExpiresAtSeconds: 0,
      opening: { replaces: recordOf(inFuture, true) },
    },
  ],
  [
    "opens an epoch after the one of a last event from the future",
    { last: lastIn(inFuture, 0), record: recordOf(old, true) },
    {
      epoch: nextEpoch(0, inFuture),
      offset: 1,
      minExpiresAtSeconds: 0,
      opening: { replaces: recordOf(old, true) },
    },
  ],
];

it.each(cases)("%s", (_, tail, place) => {
  expect(placeAfter(tail, nowSeconds * 1_000, { retentionSeconds: DAY_SECONDS })).toEqual(place);
});

it("returns a tenth of the retention as the expiry guard, at most a minute", () => {
  expect(
    [1, 10, 600, 601, DAY_SECONDS].map((retentionSeconds) => expiryGuardSeconds({ retentionSeconds })),
  ).toEqual([0.1, 1, 60, 60, 60]);
});
