import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const SEED = 7;

async function chaos(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const node = ["--conditions=pubsub-source", "--disable-warning=ExperimentalWarning", MAIN, ...args];
  return promisify(execFile)(process.execPath, node, { maxBuffer: 2 ** 26 });
}

/** The same as `npm run chaos -- --suite everything`, for twenty seconds of the minutes it deserves. */
it("loses, repeats, reorders and leaves nothing when everything goes wrong", async () => {
  const reports = await mkdtemp(join(tmpdir(), "chaos-"));
  onTestFinished(() => rm(reports, { recursive: true, force: true }));
  const run = [
    "--suite",
    "everything",
    "--seed",
    String(SEED),
    "--minutes",
    "0.33",
    "--json",
    "--reports",
    reports,
  ];
  const { stdout } = await chaos(...run);
  const summary = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
  expect(summary).toMatchObject({
    suite: "everything",
    seed: SEED,
    ok: true,
    clients: { lost: 0, duplicated: 0, reordered: 0 },
    raw: { lost: 0 },
    leaked: 0,
    violations: 0,
  });
  expect(summary.deliveries).toBeGreaterThan(0);
  expect(summary.faults).toBeGreaterThan(0);
  const kept = await readFile(join(reports, `everything-${SEED}.json`), "utf8");
  expect(JSON.parse(kept)).toMatchObject({
    command: expect.stringContaining(`npm run chaos -- --suite everything --seed ${SEED}`),
    result: summary,
  });
  const history = await readFile(join(reports, `everything-${SEED}.jsonl`), "utf8");
  const kinds = new Set(
    history
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { k: string }).k),
  );
  for (const kind of ["begin", "ok", "subscribed", "got", "post", "fault", "calm", "hit", "event", "rss"]) {
    expect(kinds).toContain(kind);
  }
  const again = await chaos("--judge", `everything-${SEED}`, "--json", "--reports", reports);
  expect(JSON.parse(again.stdout)).toEqual(summary);
}, 900_000);

it.each([
  [
    ["--suite", "nothing"],
    /--suite must be one of client, sockets, hostile, presence, gateway, .* got "nothing"/,
  ],
  [["--suite", "queue", "--minutes", "soon"], /--minutes must be a number from 0.1 to 600; got "soon"/],
  [["--suite", "queue", "--seed", "-1"], /--seed|argument/],
])("refuses %j", async (args, message) => {
  await expect(chaos(...args)).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
});
