import { expect, it } from "vitest";
import type { FullSpeed } from "./full-speed.ts";
import type { FrameCost } from "./measure-frame.ts";
import { summarizeAbuse } from "./summary.ts";

const cost = (who: FrameCost["who"], dollarsPerMillion: number): FrameCost => ({
  who,
  frame: "PING",
  bytes: 20,
  dollarsPerMillion,
  readUnits: 1,
  writeUnits: 0,
  messages: 2,
  gbSeconds: 0,
  postedBytes: 0,
});

const run = (changes: Partial<FullSpeed> = {}): FullSpeed => ({
  frame: "PING",
  manner: "greedy",
  sent: 100,
  refused: 50,
  endedAfterMs: 3_000,
  dollarsPerHour: 0.01,
  aloneMedianMs: 20,
  otherMedianMs: 30,
  otherP99Ms: 900,
  otherMaxMs: 950,
  ...changes,
});

const failedChecks = (costs: FrameCost[], runs: FullSpeed[]): string[] =>
  (summarizeAbuse(costs, runs).checks ?? []).filter(({ holds }) => !holds).map(({ what }) => what);

const CHEAP = [cost("stranger", 9), cost("stranger", 2), cost("subscriber", 59)];

it("finds nothing if the dearest of each kind keeps its limit", () => {
  expect(failedChecks(CHEAP, [run(), run({ manner: "patient", endedAfterMs: null })])).toEqual([]);
});

it.each([
  ["a message of a stranger", [cost("stranger", 10.1), cost("subscriber", 1)], run(), /stranger.*10\.1/],
  ["a message of a subscriber", [cost("stranger", 1), cost("subscriber", 60.1)], run(), /subscriber.*60\.1/],
  ["an hour", CHEAP, run({ dollarsPerHour: 0.051 }), /hour.*0\.051/],
  ["another client's SUBSCRIBE", CHEAP, run({ otherP99Ms: 1_001 }), /SUBSCRIBEs.*1001/],
  ["a client that heeds no refusal", CHEAP, run({ endedAfterMs: null }), /heeds no refusal/],
])("names %s that is above its limit", (_what, costs, one, expected) => {
  expect(failedChecks(costs, [run(), one])).toEqual([expect.stringMatching(expected)]);
});
