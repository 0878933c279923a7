import { ENDED_KEY } from "lambda-websocket-pubsub/schema";
/** `pubsub verify` against a local stack that is as it should be. */
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { readRows } from "../support/rows.ts";
import { localFlags, startPubsub, verifyStack } from "../support/verify.ts";

// A visibility timeout of 30 s, which the check of the killed worker waits for
const local = stackForFile(() => ({ fanout: { timeoutMs: 5_000 } }));
/** Only AWS can decide them, or only a stage with handlers of its own. */
const UNDECIDED = [
  "recursive-loop",
  "least-privilege",
  "gone-during-connect",
  "dead-letter-alarm",
  "logs",
  "metrics",
];

/** A connection that has ended leaves a row that says so, which expires by itself. */
const rowsThatStay = async (): ReturnType<typeof readRows> =>
  (await readRows(local)).filter(({ u }) => u?.S !== ENDED_KEY);

it("passes every check that a local stack can decide, gives a reason for the others, and leaves no rows", async () => {
  const verified = await verifyStack(local.stack);
  expect(verified.checks.filter(({ holds }) => holds === false)).toEqual([]);
  expect(verified.checks.filter(({ holds }) => holds === null).map(({ id }) => id)).toEqual(UNDECIDED);
  expect(verified.checks.every(({ what, expected, saw }) => what && expected && saw)).toBe(true);
  const { target, passed, failed, skipped, checks, code } = verified;
  expect({ target, failed, code }).toEqual({ target: "local", failed: 0, code: 0 });
  expect(passed + skipped).toBe(checks.length);
  expect(await rowsThatStay()).toEqual([]);
});

it("prints one line for each check, and the counts, when its output is a pipe", async () => {
  const { outcome } = await startPubsub([
    "verify",
    ...(await localFlags(local.stack)),
    "--only",
    "table-ttl,table-keys",
  ]);
  const { stdout, stderr, code } = await outcome;
  expect(stdout.split("\n").slice(2)).toEqual([
    "ok       table-keys: p HASH, u RANGE; both strings; ACTIVE",
    "ok       table-ttl: ENABLED on expiresAt",
    "2 passed, 0 failed, 0 skipped (local)",
    "",
  ]);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
});

it("removes its rows and exits with 130 when it is interrupted", async () => {
  const only = ["--only", "fanout-chain", "--chain", "1000"];
  const { child, outcome } = await startPubsub(["verify", ...(await localFlags(local.stack)), ...only]);
  await eventually(async () => expect(await rowsThatStay()).not.toEqual([]));
  child.kill("SIGINT");
  expect(await outcome).toMatchObject({ code: 130, stderr: "Interrupted; removing what was written …\n" });
  await eventually(async () => expect(await rowsThatStay()).toEqual([]));
});
