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
    "a topic that nobody wrote to opens an epoch",
    {},
    { epoch: fresh, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: undefined } },
  ],
  [
    "a log that lives on goes on",
    { last: lastIn(old, DAY_SECONDS) },
    { epoch: old, offset: 8, minExpiresAtSeconds: nowSeconds + DAY_SECONDS },
  ],
  [
    "a log that lives on goes on, its record beside it",
    { last: lastIn(old, 121), record: recordOf(old, true) },
    { epoch: old, offset: 8, minExpiresAtSeconds: nowSeconds + 121 },
  ],
  [
    "a log that may be ending by another clock goes on only if its record is as it was",
    { last: lastIn(old, 120), record: recordOf(old, true) },
    {
      epoch: old,
      offset: 8,
      minExpiresAtSeconds: nowSeconds + 120,
      opening: { replaces: recordOf(old, true) },
    },
  ],
  [
    "the same where the record has expired before its epoch",
    { last: lastIn(old, 61) },
    { epoch: old, offset: 8, minExpiresAtSeconds: nowSeconds + 61, opening: { replaces: undefined } },
  ],
  [
    "an end that is about to expire ends its epoch",
    { last: lastIn(old, 60), record: recordOf(old, true) },
    { epoch: fresh, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(old, true) } },
  ],
  [
    "an end that has expired ends its epoch",
    { last: lastIn(old, -5) },
    { epoch: fresh, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: undefined } },
  ],
  [
    "an epoch that a subscriber opened is used",
    { record: recordOf(newer, false) },
    { epoch: newer, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(newer, false) } },
  ],
  [
    "the same beside an end that has expired",
    { last: lastIn(old, -5), record: recordOf(newer, false) },
    { epoch: newer, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(newer, false) } },
  ],
  [
    "the same beside an end that this clock still believes in",
    { last: lastIn(old, 90), record: recordOf(newer, false) },
    { epoch: newer, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(newer, false) } },
  ],
  [
    "an epoch whose events are all gone is not used again",
    { record: recordOf(newer, true) },
    { epoch: fresh, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(newer, true) } },
  ],
  [
    "an epoch that was opened before the last event's is not gone back to",
    { last: lastIn(newer, -5), record: recordOf(old, false) },
    { epoch: fresh, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(old, false) } },
  ],
  [
    "nor the last event's own, whatever its record says",
    { last: lastIn(newer, -5), record: recordOf(newer, false) },
    { epoch: fresh, offset: 1, minExpiresAtSeconds: 0, opening: { replaces: recordOf(newer, false) } },
  ],
  [
    "an epoch follows a record from the future",
    { record: recordOf(inFuture, true) },
    {
      epoch: nextEpoch(0, inFuture),
      offset: 1,
      minExpiresAtSeconds: 0,
      opening: { replaces: recordOf(inFuture, true) },
    },
  ],
  [
    "an epoch follows a record from the future beside the end of an old one",
    { last: lastIn(old, 0), record: recordOf(inFuture, true) },
    {
      epoch: nextEpoch(0, inFuture),
      offset: 1,
      minExpiresAtSeconds: 0,
      opening: { replaces: recordOf(inFuture, true) },
    },
  ],
  [
    "an epoch follows a last event from the future",
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

it("guards a tenth of the retention, and a minute at the most", () => {
  expect(
    [1, 10, 600, 601, DAY_SECONDS].map((retentionSeconds) => expiryGuardSeconds({ retentionSeconds })),
  ).toEqual([0.1, 1, 60, 60, 60]);
});
