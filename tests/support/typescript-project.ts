import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { repository } from "./client-build.ts";

/** Calls `use` with the tsconfig.json of a new folder in the repository, where its packages resolve. */
export function inTypescriptProject<Result>(
  files: Readonly<Record<string, string>>,
  config: object,
  use: (configFile: string) => Result,
): Result {
  const cache = `${repository}node_modules/.cache/`;
  mkdirSync(cache, { recursive: true });
  const folder = `${mkdtempSync(`${cache}typescript-project-`)}/`;
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(`${folder}${name}`, text);
    writeFileSync(`${folder}tsconfig.json`, JSON.stringify(config));
    return use(`${folder}tsconfig.json`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
