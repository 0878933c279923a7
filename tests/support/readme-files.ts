import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll } from "vitest";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** The line that README says to type at the prompt of `wscat`. */
export const subscribeLine: string = /^> (\{.*\})$/m.exec(readme)?.[1] ?? "";

/** The files that README prints, by the name in the comment before each code block. */
export function readmeFiles(): ReadonlyMap<string, string> {
  const blocks = readme.matchAll(/<!-- (\S+\.mjs) -->\n```js\n(.*?)```/gs);
  return new Map([...blocks].map(([, name = "", code = ""]) => [name, code]));
}

/**
 * Writes README's files before the tests of the test file, and removes them after the tests. The folder is inside the
 * repository, where modules find the packages by their names. The returned function gives the path of a file in it.
 */
export function writeReadmeFiles(): (name: string) => string {
  const folder = fileURLToPath(new URL(`../../node_modules/.cache/readme-${randomUUID()}/`, import.meta.url));
  beforeAll(async () => {
    await mkdir(folder, { recursive: true });
    for (const [name, code] of readmeFiles()) {
      if (!name.includes("/")) await writeFile(`${folder}${name}`, code);
    }
    return () => rm(folder, { recursive: true });
  });
  return (name) => `${folder}${name}`;
}
