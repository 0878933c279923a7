import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type EnvFile, writeEnvFile } from "../../packages/local/src/env-file.ts";

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "pubsub-env-"));
  path = join(dir, "env");
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
});

/** Returns the environment of a stack whose gateway says who it is. */
async function runningEnv(stackId: string): Promise<Record<string, string>> {
  const identity = JSON.stringify({ stackId, pid: 1, websocketUrl: `ws://${stackId}` });
  const gateway = createServer((_, response) => void response.end(identity)).listen(0, "127.0.0.1");
  onTestFinished(() => {
    gateway.close();
    gateway.closeAllConnections();
  });
  await once(gateway, "listening");
  const endpoint = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  return { PUBSUB_LOCAL_STACK_ID: stackId, AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: endpoint };
}

const owner = async (): Promise<string | undefined> =>
  parseEnv(await readFile(path, "utf8")).PUBSUB_LOCAL_STACK_ID;

describe("stacks that start at the same moment", () => {
  it.each([
    ["no file", undefined],
    ["the file of a stack that does not run", "PUBSUB_LOCAL_STACK_ID='dead'\n"],
  ])("give the file to one of them, which the others name, where there is %s", async (_, before) => {
    if (before !== undefined) await writeFile(path, before);
    const envs = await Promise.all(Array.from({ length: 8 }, (__, index) => runningEnv(`stack-${index}`)));
    const placed = await Promise.all(envs.map((env) => writeEnvFile(env, path)));

    const winners = placed.flatMap((each, index) => ("takenBy" in each ? [] : [`stack-${index}`]));
    expect(winners).toHaveLength(1);
    expect(await owner()).toBe(winners[0]);
    const named = placed.flatMap((each) => ("takenBy" in each ? each.takenBy.stackId : []));
    expect(named).toEqual(Array(7).fill(winners[0]));
    expect(await readdir(dir)).toEqual(["env"]);
    (placed.find((each) => !("takenBy" in each)) as EnvFile).remove();
    expect(await readdir(dir)).toEqual([]);
  });
});

it("writes the file although a process died while it did so", async () => {
  const lock = `${path}.lock`;
  await mkdir(lock);
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(lock, longAgo, longAgo);
  await writeEnvFile(await runningEnv("next"), path);
  expect(await owner()).toBe("next");
  expect(await readdir(dir)).toEqual(["env"]);
});
