import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isCurrent, sstVersion } from "./synth/sst-platform.ts";

const PARTS = ["config.d.ts", "node_modules/@pulumi/aws/package.json", "node_modules/esbuild/package.json"];

describe("SST's platform", () => {
  let platform: string;
  const write = async (file: string, content: string): Promise<void> => {
    await mkdir(path.dirname(path.join(platform, file)), { recursive: true });
    await writeFile(path.join(platform, file), content);
  };
  beforeEach(async () => {
    platform = await mkdtemp(path.join(tmpdir(), "platform-"));
    for (const part of PARTS) await write(part, "");
    await write("version", await sstVersion());
  });
  afterEach(() => rm(platform, { recursive: true }));

  it("is current when it is complete and has the package's version", async () => {
    expect(await isCurrent(platform)).toBe(true);
  });

  it("is installed again when its version differs", async () => {
    await write("version", "4.0.0");
    expect(await isCurrent(platform)).toBe(false);
  });

  it.each([...PARTS, "version"])("is installed again without %s", async (part) => {
    await rm(path.join(platform, part));
    expect(await isCurrent(platform)).toBe(false);
  });
});
