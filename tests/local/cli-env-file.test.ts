import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseEnv } from "node:util";
import { afterAll, beforeEach, expect, inject, it } from "vitest";
import {
  type CliProcess,
  cliOutcome,
  introductionOf,
  portFlags,
  runCli,
  startedStack,
} from "../support/local-cli.ts";

const folders: string[] = [];
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "pubsub-env-file-"));
  folders.push(dir);
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

let tables = 0;
/** Tables in the DynamoDB Local that all tests share. */
async function start(...more: string[]): Promise<CliProcess & { gatewayPort: string }> {
  const ports = await portFlags();
  const table = [
    "--dynamodb-endpoint",
    inject("dynamodbEndpoint"),
    "--table-name",
    `env-${process.pid}-${++tables}`,
  ];
  return Object.assign(runCli(dir, [...ports, ...table, ...more], { ...process.env, INIT_CWD: dir }), {
    gatewayPort: ports[1] ?? "",
  });
}

async function stop(child: CliProcess, signal: NodeJS.Signals = "SIGINT"): Promise<unknown> {
  child.kill(signal);
  const [code] = await once(child, "exit");
  return code;
}

const envFile = (): string => join(dir, ".local", "env");
const stackIdIn = async (path: string): Promise<string | undefined> =>
  parseEnv(await readFile(path, "utf8")).PUBSUB_LOCAL_STACK_ID;

it("keeps the file of another running stack, writes its own beside it, and removes only its own", async () => {
  const first = await start("--json");
  const { env } = await startedStack(first);
  const second = await start();
  const printed = await introductionOf(second);
  const beside = `.local/env-${second.gatewayPort}`;
  expect(printed).toContain(`Environment       ${beside}  (`);
  expect(printed).toContain(
    `.local/env belongs to the local stack at ws://127.0.0.1:${first.gatewayPort} (process ${first.pid}).`,
  );
  expect(await stackIdIn(envFile())).toBe(env.PUBSUB_LOCAL_STACK_ID);
  expect(existsSync(join(dir, beside))).toBe(true);

  expect(await stop(second)).toBe(0);
  expect(existsSync(join(dir, beside))).toBe(false);
  expect(await stackIdIn(envFile())).toBe(env.PUBSUB_LOCAL_STACK_ID);
  expect(await stop(first)).toBe(0);
  expect(existsSync(envFile())).toBe(false);
});

it("replaces the file of a killed stack", async () => {
  const killed = await start("--json");
  const { env } = await startedStack(killed);
  await stop(killed, "SIGKILL");
  expect(await stackIdIn(envFile())).toBe(env.PUBSUB_LOCAL_STACK_ID);
  const next = await start("--json");
  const stderr = text(next.stderr);
  const { env: nextEnv } = await startedStack(next);
  expect(await stackIdIn(envFile())).toBe(nextEnv.PUBSUB_LOCAL_STACK_ID);
  await stop(next);
  expect(await stderr).toBe("");
});

it("does not remove its file if another program has replaced it", async () => {
  const child = await start("--json");
  await startedStack(child);
  await writeFile(envFile(), "MINE='yes'\n");
  expect(await stop(child)).toBe(0);
  expect(await readFile(envFile(), "utf8")).toBe("MINE='yes'\n");
});

it("starts without the file in a folder that it can't write to, and prints the variables", async () => {
  await writeFile(join(dir, ".local"), "a file where the folder would be");
  const child = await start();
  const printed = await introductionOf(child);
  expect(printed).toContain("Environment       not written");
  expect(printed).toMatch(
    /\.local\/env could not be written \(E\w+: .*\)\. --write-env FILE takes another place/,
  );
  expect(printed).toMatch(/ {2}export PUBSUB_QUEUE_URL='http:\S+'\n/);
  expect(await stop(child)).toBe(0);
});

it("writes to the file of --write-env, and fails if it can't write it or another stack owns it", async () => {
  const path = join(dir, "elsewhere", "env");
  const first = await start("--json", "--write-env", path);
  const { env } = await startedStack(first);
  expect(await stackIdIn(path)).toBe(env.PUBSUB_LOCAL_STACK_ID);
  expect(existsSync(envFile())).toBe(false);
  const second = await cliOutcome(await start("--write-env", path));
  expect(second).toMatchObject({ code: 2, stdout: "" });
  expect(second.stderr).toMatch(
    /^--write-env \S+ belongs to the local stack at ws:\S+ \(process \d+\)\. Choose another\.\n$/,
  );
  await mkdir(join(dir, "folder"));
  const third = await cliOutcome(await start("--write-env", "folder"));
  expect(third).toMatchObject({ code: 2, stdout: "" });
  expect(third.stderr).toMatch(/^--write-env folder could not be written \(.*\)\n$/);
  expect(await stop(first)).toBe(0);
  expect(existsSync(path)).toBe(false);
});

it.each(["SIGTERM", "SIGHUP"] as const)("removes the file on %s", async (signal) => {
  const child = await start("--json");
  await startedStack(child);
  expect(await stop(child, signal)).toBe(0);
  expect(existsSync(envFile())).toBe(false);
});
