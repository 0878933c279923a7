import type { BenchmarkResult } from "../benchmark.ts";
import { rounded } from "../support/statistics.ts";
import { textTable } from "../support/text-table.ts";
import type { FullSpeed } from "./full-speed.ts";
import type { FrameCost } from "./measure-frame.ts";

/** The limits that the default settings have to keep. */
const STRANGER_DOLLARS_MAX = 10;
const SUBSCRIBER_DOLLARS_MAX = 60;
const HOUR_DOLLARS_MAX = 0.05;
const OTHER_MS_MAX = 1_000;

export function summarizeAbuse(costs: readonly FrameCost[], runs: readonly FullSpeed[]): BenchmarkResult {
  const dearest = (who: FrameCost["who"]): number =>
    Math.max(...costs.filter((cost) => cost.who === who).map(({ dollarsPerMillion }) => dollarsPerMillion));
  const stranger = dearest("stranger");
  const subscriber = dearest("subscriber");
  const hour = Math.max(...runs.map(({ dollarsPerHour }) => dollarsPerHour));
  const other = Math.max(...runs.map(({ otherP99Ms }) => otherP99Ms));
  const alone = Math.max(...runs.map(({ aloneMedianMs }) => aloneMedianMs));
  const greedy = runs.filter(({ manner }) => manner === "greedy");
  return {
    json: {
      abuse: {
        strangerDollarsPerMillion: rounded(stranger, 2),
        subscriberDollarsPerMillion: rounded(subscriber, 2),
        dollarsPerHour: rounded(hour, 4),
        otherSubscribeP99Ms: rounded(other),
        aloneSubscribeMs: rounded(alone),
        frames: costs.map(roundedCost),
        fullSpeed: runs.map(roundedRun),
      },
    },
    lines: [
      ...frameTable(costs),
      "",
      "KB posted are not in the dollars: data transfer out costs $0.09 a GB.",
      "",
      ...runTable(runs),
      "",
      "An hour: of a greedy connection until it is disconnected; of a patient one from its rate after the burst.",
    ],
    checks: [
      check("the dearest message of a stranger", stranger, STRANGER_DOLLARS_MAX, "dollars a million"),
      check("the dearest message of a subscriber", subscriber, SUBSCRIBER_DOLLARS_MAX, "dollars a million"),
      check("an hour of one connection at full speed", hour, HOUR_DOLLARS_MAX, "dollars"),
      check("99 of 100 SUBSCRIBEs of another client meanwhile", other, OTHER_MS_MAX, "ms"),
      {
        what: "a connection that heeds no refusal is disconnected",
        holds: greedy.length > 0 && greedy.every(({ endedAfterMs }) => endedAfterMs !== null),
      },
    ],
  };
}

const check = (what: string, measured: number, max: number, unit: string) => ({
  what: `${what}: at most ${max} ${unit} (measured: ${rounded(measured, 4)})`,
  holds: measured <= max,
});

const roundedCost = (cost: FrameCost) => ({
  ...cost,
  dollarsPerMillion: rounded(cost.dollarsPerMillion, 2),
  readUnits: rounded(cost.readUnits, 1),
  writeUnits: rounded(cost.writeUnits, 1),
  messages: rounded(cost.messages, 1),
  gbSeconds: rounded(cost.gbSeconds, 3),
  postedBytes: rounded(cost.postedBytes),
});

const roundedRun = (run: FullSpeed) => ({
  ...run,
  endedAfterMs: run.endedAfterMs === null ? null : rounded(run.endedAfterMs),
  dollarsPerHour: rounded(run.dollarsPerHour, 4),
  aloneMedianMs: rounded(run.aloneMedianMs),
  otherMedianMs: rounded(run.otherMedianMs),
  otherP99Ms: rounded(run.otherP99Ms),
  otherMaxMs: rounded(run.otherMaxMs),
});

const frameTable = (costs: readonly FrameCost[]): string[] =>
  textTable([
    ["message", "$/million", "read units", "write units", "messages", "GB-s", "KB posted"],
    ...costs.map((cost) => [
      `${cost.who}: ${cost.frame}`,
      cost.dollarsPerMillion.toFixed(2),
      cost.readUnits.toFixed(1),
      cost.writeUnits.toFixed(1),
      cost.messages.toFixed(1),
      cost.gbSeconds.toFixed(3),
      (cost.postedBytes / 1_024).toFixed(1),
    ]),
  ]);

const runTable = (runs: readonly FullSpeed[]): string[] =>
  textTable([
    [
      "at full speed",
      "sent",
      "refused",
      "closed after s",
      "$/hour",
      "another's SUBSCRIBE: ms alone",
      "median",
      "p99",
      "max",
    ],
    ...runs.map((run) => [
      `${run.manner}: ${run.frame}`,
      String(run.sent),
      String(run.refused),
      run.endedAfterMs === null ? "–" : (run.endedAfterMs / 1_000).toFixed(1),
      run.dollarsPerHour.toFixed(4),
      run.aloneMedianMs.toFixed(0),
      run.otherMedianMs.toFixed(0),
      run.otherP99Ms.toFixed(0),
      run.otherMaxMs.toFixed(0),
    ]),
  ]);
