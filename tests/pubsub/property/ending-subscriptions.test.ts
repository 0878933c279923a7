/** 10,000 random fan-outs. Before, the end of a subscription was looked at once for each part, however long it took. */
import { expect, it } from "vitest";
import { type EndingOutcome, fanOutToEndingSubscriptions } from "../../support/ending-subscriptions.ts";
import { numberOfRuns } from "../../support/number-of-runs.ts";

const RUNS = numberOfRuns(10_000);
const LATE_MS = 1_000;

function lateIn({ sent }: EndingOutcome): unknown[] {
  return sent.filter(({ atMs, endsAtMs }) => atMs > endsAtMs + LATE_MS);
}

function lostIn({ lasting, offsets, received, abandoned }: EndingOutcome): string[] {
  const due = lasting.flatMap((id) => offsets.map((offset) => `${id} ${offset}`));
  return due.filter((each) => !received.has(each) && !abandoned.has(each));
}

it("sends no frame later than a second after the subscription's end, and loses no event of one that was renewed", async () => {
  const seen = { ended: 0, renewed: 0, sent: 0 };
  for (let seed = 1; seed <= RUNS; seed++) {
    const outcome = await fanOutToEndingSubscriptions(seed);
    if (lateIn(outcome).length > 0) expect(lateIn(outcome), `late, seed ${seed}`).toEqual([]);
    if (lostIn(outcome).length > 0) expect(lostIn(outcome), `lost, seed ${seed}`).toEqual([]);
    seen.ended += outcome.ended;
    seen.renewed += outcome.renewed;
    seen.sent += outcome.sent.length;
  }
  // The schedules reach what they are about
  expect(seen.ended).toBeGreaterThan(RUNS / 10);
  expect(seen.renewed).toBeGreaterThan(RUNS / 20);
  expect(seen.sent).toBeGreaterThan(RUNS);
});
