/** The packages in both module formats: in Node as Lambda starts it, and in Jest. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Consumers, type Exercise, LAMBDA_FLAGS, report, reportOf, WORKING } from "./consumer-runs.ts";

const FORMATS = [
  ["require", "consumers/commonjs/consumer.js"],
  ["import", "consumers/modules/consumer.mjs"],
] as const;

export function describeModuleFormats(consumers: Consumers): void {
  describe.each([20, 22, 24])("on Node %i with the flags of Lambda", (major) => {
    it("gives the same working names to require and to import", async () => {
      const [required, imported] = await Promise.all(
        FORMATS.map(([, file]) => report<Exercise>(consumers, major, ...LAMBDA_FLAGS, file)),
      );
      expect(required).toEqual(WORKING);
      expect(imported).toEqual(WORKING);
      expect(required?.names).toEqual(imported?.names);
      expect(required?.names["lambda-websocket-pubsub"]).toContain("publishToTopic");
    });
  });

  it("works in Jest without configuration, where import() fails", async () => {
    const { dir, run } = consumers.project();
    const node = consumers.nodeOf(24);
    const jest = [join(dir, "node_modules/jest/bin/jest.js"), "--rootDir", join(dir, "consumers/commonjs")];
    expect(reportOf(await run(node, node, jest))).toEqual(WORKING);
  });

  it.each(["", "-client", "-local", "-cli"].map((suffix) => `lambda-websocket-pubsub${suffix}`))(
    "installs a package.json of %s that mentions neither sources nor scripts of this repository",
    async (name) => {
      const path = join(consumers.project().dir, "node_modules", name, "package.json");
      expect(await readFile(path, "utf8")).not.toMatch(/pubsub-source|\.\/src\/|"scripts"|"devDependencies"/);
    },
  );
}
