import { figure, NONE, table } from "../../support/markdown.ts";
import { breakageNamed } from "../breakage/breakages.ts";
import type { KeptRun } from "../kept-runs.ts";
import type { PresenceResult } from "../presence/run.ts";

/** Lists the runs of the suite `presence`: who was shown after the faults, and what a storm of reconnects made. */
export function presenceRuns(runs: readonly KeptRun[]): string[] {
  const results = runs
    .flatMap(({ result }) => (result.suite === "presence" ? [result as PresenceResult] : []))
    .toSorted((a, b) => a.seed - b.seed);
  const shipped = results.filter(({ breakage }) => breakage === undefined);
  if (shipped.length === 0) return [];
  return [
    "## Presence",
    "",
    "Users come, go, reload and vanish in three rooms while parts fail. Then every open page must show exactly the users who",
    "are there ([who is there](presence.md)). The last columns are the seconds until all did: after the last fault and the last",
    "connection that ended, after the first 410 of the connections that nobody reported, and after an ordinary leave. The grace of",
    "ten seconds is in them, and a run fails above 20. `npm run chaos -- --suite presence --seed N --minutes M` repeats a row.",
    "",
    ...table(RUN_HEAD, shipped.map(runRow)),
    "At the end of a run, 1,000 connections of 200 users end within five seconds, and come back after 1 to 15 more. Each user may",
    "leave and join once at most, and a tick may cause two posts to each member at most.",
    "",
    ...table(STORM_HEAD, shipped.flatMap(stormRow)),
    ...brokenRuns(results.filter(({ breakage }) => breakage !== undefined)),
  ];
}

const RUN_HEAD = [
  "seed",
  "minutes",
  "joins",
  "leaves",
  "reloads",
  "vanished",
  "faults",
  "kills",
  "ticks",
  "posts",
  "wrong pages",
  "after faults",
  "after a 410",
  "after a leave",
];

function runRow(result: PresenceResult): string[] {
  const { seed, seconds, joins, leaves, reloads, vanished, faults, kills, ticks, posts, mismatches } = result;
  const { faults: afterFaults, lost, leave } = result.convergedSeconds;
  return [
    String(seed),
    figure(seconds / 60, seconds % 60 === 0 ? 0 : 1),
    ...[joins, leaves, reloads, vanished, faults, kills, ticks, posts].map((count) => figure(count)),
    mismatches === 0 ? "0" : `**${figure(mismatches)}**`,
    ...[afterFaults, lost, leave].map((time) => figure(time, 1)),
  ];
}

const STORM_HEAD = [
  "seed",
  "reconnects",
  "users who left",
  "and joined",
  "leaves of one",
  "joins of one",
  "ticks",
  "posts",
  "posts a tick and member",
];

const stormRow = ({ seed, storm }: PresenceResult): string[][] =>
  storm
    ? [
        [
          String(seed),
          ...[storm.reconnects, storm.left, storm.joined, storm.leavesMax, storm.joinsMax, storm.ticks].map(
            (count) => figure(count),
          ),
          figure(storm.posts),
          storm.ticks === 0 ? NONE : figure(storm.posts / storm.ticks / storm.reconnects, 2),
        ],
      ]
    : [];

function brokenRuns(results: readonly PresenceResult[]): string[] {
  if (results.length === 0) return [];
  const rows = results.map(({ seed, seconds, breakage = "", ok, mismatches }) => [
    breakageNamed(breakage)?.what ?? "",
    `\`--suite presence --seed ${seed} --minutes ${seconds / 60} --break ${breakage}\``,
    ok ? "**no**" : `${figure(mismatches)} wrong pages or memberships`,
  ]);
  return [
    "Builds with a deliberate mistake:",
    "",
    ...table(["mistake", "`npm run chaos --`", "found"], rows, 3),
  ];
}
