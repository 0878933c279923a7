import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

/** Returns the licences of the packages that the page's sources are from. Their terms ask to copy them along. */
export async function pageLicences(sources: readonly string[]): Promise<string> {
  const folders = new Set(sources.flatMap((path) => packageFolder(path) ?? []));
  const texts = [...folders].sort().map(async (folder) => {
    const { name, version } = JSON.parse(await readFile(`${folder}/package.json`, "utf8")) as {
      name: string;
      version: string;
    };
    return `${name} ${version}\n\n${await readFile(`${folder}/LICENSE`, "utf8")}`;
  });
  return (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`);
}

/** `…/node_modules/@preact/signals/dist/signals.mjs` is in `…/node_modules/@preact/signals`. */
function packageFolder(path: string): string | undefined {
  const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
  return folder === undefined ? undefined : resolve(folder);
}
