import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { runsFromSource } from "../module-paths.ts";

export interface PageFile {
  type: string;
  body: string;
}

export type PageFiles = Readonly<Record<string, PageFile>>;

const TYPES = {
  "index.html": "text/html; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
  "icon.svg": "image/svg+xml",
} as const;

/** The names of the page's files. */
export const PAGE_FILES: readonly (keyof typeof TYPES)[] = Object.keys(TYPES) as (keyof typeof TYPES)[];

/** Loads the page: as the build left it beside this module, or in the repository bundled from its sources. */
export async function loadPage(): Promise<PageFiles> {
  const read = runsFromSource
    ? await (await (await import("./bundle-page.ts")).bundlePage()).files
    : Object.fromEntries(
        await Promise.all(
          PAGE_FILES.map(
            async (name): Promise<[string, string]> => [name, await readFile(built(name), "utf8")],
          ),
        ),
      );
  return Object.fromEntries(
    PAGE_FILES.map((name) => [
      name === "index.html" ? "/" : `/${name}`,
      { type: TYPES[name], body: read[name] ?? "" },
    ]),
  );
}

const built = (name: string): string => fileURLToPath(new URL(`./inspector/${name}`, import.meta.url));
