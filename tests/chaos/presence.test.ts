import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, it, onTestFinished } from "vitest";
import { runPresence } from "./presence/run.ts";
import { countChanges, judgeStorm, type Storm } from "./presence/storm.ts";

const FAULTS = [
  "fan-out killed at a step",
  "websocket handler killed at a step",
  "$disconnect lost",
  "the index lags",
];

/** The same as `npm run chaos -- --suite presence`, for three seconds of the minute that it deserves. */
it("shows every open page who is there, after kills, lost $disconnects and an index that lags", async () => {
  const directory = await mkdtemp(join(tmpdir(), "chaos-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const { result, mismatches } = await runPresence({
    seed: 7,
    seconds: 3,
    only: FAULTS,
    historyPath: join(directory, "presence-7.jsonl"),
    dynamodbEndpoint: inject("dynamodbEndpoint"),
    onProgress: () => {},
  });
  expect(mismatches).toEqual([]);
  expect(result).toMatchObject({ ok: true, mismatches: 0 });
  expect(result.faults).toBeGreaterThan(0);
  expect(result.ticks).toBeGreaterThan(0);
}, 600_000);

const told = (...texts: string[]): { atMs: number; users: Set<string> }[] =>
  texts.map((text, atMs) => ({ atMs, users: new Set(text) }));

it("counts how often each user of a storm was shown as gone and as there again", () => {
  expect(countChanges(told("ab", "ab"))).toEqual({ left: 0, joined: 0, leavesMax: 0, joinsMax: 0 });
  expect(countChanges(told("abc", "c", "ac"))).toEqual({ left: 2, joined: 1, leavesMax: 1, joinsMax: 1 });
  expect(countChanges(told("ab", "a", "ab", "a"))).toMatchObject({ left: 1, leavesMax: 2, joinsMax: 1 });
});

it("rejects a storm with a second leave or join of a user, and more posts than two for a tick and member", () => {
  const storm: Storm = {
    ...{ reconnects: 1_000, users: 200, left: 9, joined: 9, leavesMax: 1, joinsMax: 1 },
    ...{ ticks: 10, posts: 20_000, convergedSeconds: 1 },
  };
  expect(judgeStorm(storm)).toEqual([]);
  expect(judgeStorm({ ...storm, leavesMax: 2 })).toEqual(["a user left 2 times"]);
  expect(judgeStorm({ ...storm, joinsMax: 3 })).toEqual(["a user joined 3 times"]);
  expect(judgeStorm({ ...storm, posts: 20_001 })).toEqual(["20001 posts for 10 ticks"]);
});
