import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type ChaosResult, type KeptRun, keepRun, readRuns } from "./kept-runs.ts";
import type { PresenceResult } from "./presence/run.ts";
import { reliability } from "./report/reliability.ts";
import type { StackSummary } from "./run/stack-report.ts";

const kept = (result: ChaosResult): KeptRun => ({
  command: `npm run chaos -- --suite ${result.suite} --seed ${result.seed}`,
  at: "2026-01-02T03:04:05.000Z",
  commit: "abc1234",
  machine: { cpu: "Test CPU", cores: 2, node: "v24.0.0" },
  result,
});

const summary = (
  changes: Partial<StackSummary> & Pick<ChaosResult, "inlineFanoutMax">,
): StackSummary & ChaosResult => ({
  suite: "everything",
  seed: 1,
  ok: true,
  seconds: 600,
  deliveries: 3_000,
  publications: 100,
  faults: 42,
  clients: { lost: 0, duplicated: 0, reordered: 0 },
  raw: { lost: 0, duplicated: 5, deliveries: 1_000 },
  abandoned: 3,
  deadLetters: { malformed: 2, deliveries: 4, pages: 0 },
  leaked: 0,
  mbPerMinute: { fanout: -1, stack: 2.5 },
  settledSeconds: 12,
  violations: 0,
  broken: {},
  byFault: { "SQS is slow": 42 },
  ...changes,
});

const readCells = (document: string, first: string): string[] | undefined =>
  document
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .find(([, head]) => head === first);

it("names the run of a seed with the inline fan-out apart from the one without", () => {
  const document = reliability([kept(summary({ inlineFanoutMax: 25 })), kept(summary({ faults: 8 }))]);
  expect(readCells(document, "everything, 1, inline 25")?.[3]).toBe("42");
  expect(readCells(document, "everything, 1")?.[3]).toBe("8");
});

it("has a row for each run and a row with the sums", () => {
  const document = reliability([
    kept(summary({})),
    kept(summary({ suite: "queue", seconds: 120, faults: 8, byFault: { "SQS is slow": 8 } })),
  ]);
  expect(readCells(document, "everything, 1")?.slice(2, -1)).toEqual([
    "10",
    "42",
    "3,000",
    "0",
    "0",
    "0",
    "0",
    "5 (0.50 %)",
    "3",
    "0",
    "2.5",
    "yes",
  ]);
  expect(readCells(document, "all")?.slice(2, 5)).toEqual(["12", "50", "6,000"]);
  expect(readCells(document, "SQS is slow")?.slice(2, 4)).toEqual(["everything, queue", "50"]);
});

it("shows a failed run in its row, in the sums and in the guarantees", () => {
  const lost = summary({
    ok: false,
    clients: { lost: 7, duplicated: 0, reordered: 0 },
    violations: 7,
    broken: { client: 7 },
  });
  const document = reliability([kept(lost)]);
  expect(readCells(document, "everything, 1")?.at(-2)).toBe("**no**");
  expect(readCells(document, "all")?.at(-2)).toBe("**no**");
  expect(document).toContain("7 lost, 0 duplicated, 0 reordered of 2,000 deliveries");
});

it("shows what was found in a build with a mistake, or '**no**' if nothing was found", () => {
  const breakage = "ledger-check-removed";
  const found = kept(summary({ breakage, ok: false, violations: 9, broken: { raw: 9 } }));
  const missed = kept(summary({ seed: 2, breakage }));
  const document = reliability([found, missed]);
  const rows = document.split("\n").filter((line) => line.includes(`--break ${breakage}`));
  expect(rows[0]).toContain("--suite everything --seed 1 --minutes 10");
  expect(rows[0]).toMatch(/9 of raw +\|$/);
  expect(rows[1]).toMatch(/\*\*no\*\* +\|$/);
  expect(readCells(document, "everything, 1")).toBeUndefined();
});

const presence = (changes: Partial<PresenceResult>): PresenceResult => ({
  ...{ suite: "presence", seed: 3, ok: true, seconds: 60, members: 90, joins: 70, leaves: 40, reloads: 20 },
  ...{ vanished: 10, kills: 4, ticks: 200, posts: 900, faults: 80, mismatches: 0, byFault: {} },
  convergedSeconds: { faults: 3.5, lost: 14, leave: 15.25 },
  storm: {
    ...{ reconnects: 1_000, users: 200, left: 30, joined: 29, leavesMax: 1, joinsMax: 1 },
    ...{ ticks: 20, posts: 8_000, convergedSeconds: 6 },
  },
  ...changes,
});

it("has a row for each run of presence and for its storm, and what was found in a build with a mistake", () => {
  const document = reliability([
    kept(presence({})),
    kept(presence({ breakage: "leave-without-tick", ok: false, mismatches: 5 })),
  ]);
  const rows = document.split("\n").filter((line) => line.startsWith("| 3 ") || line.startsWith("|    3"));
  const cells = rows.map((row) =>
    row
      .split("|")
      .map((cell) => cell.trim())
      .slice(1, -1)
      .join(" "),
  );
  expect(cells).toEqual(["3 1 70 40 20 10 80 4 200 900 0 3.5 14.0 15.3", "3 1,000 30 29 1 1 20 8,000 0.40"]);
  expect(document).toMatch(/--seed 3 --minutes 1 --break leave-without-tick` +\| 5 wrong pages/);
});

it("reads each kept run once, with its latest result", async () => {
  const directory = await mkdtemp(join(tmpdir(), "kept-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await keepRun(directory, "first", summary({}));
  await keepRun(directory, "again", summary({ faults: 1 }));
  await keepRun(directory, "broken", summary({ breakage: "ledger-check-removed" }));
  await writeFile(join(directory, "everything-1.jsonl"), "");
  const runs = await readRuns(directory);
  expect(runs.map(({ command }) => command)).toEqual(["broken", "again"]);
  expect(await readRuns(join(directory, "nothing"))).toEqual([]);
});
