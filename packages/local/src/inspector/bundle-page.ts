import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = new URL("../../page/", import.meta.url);

export interface BundledPage {
  /** The text of each file by its name. */
  files: Record<string, string>;
  /** The paths of all sources, those in `node_modules` too, relative to this process's folder. */
  sources: string[];
}

/** Bundles the page's sources. The build writes the result into the package; in the repository the server calls it. */
export async function bundlePage(): Promise<BundledPage> {
  const { outputFiles, metafile } = await build({
    entryPoints: [{ in: fileURLToPath(new URL("src/main.tsx", folder)), out: "page" }],
    outdir: "page",
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2023",
    minify: true,
    jsx: "automatic",
    jsxImportSource: "preact",
    // The build adds the full texts of the licences
    legalComments: "eof",
    logLevel: "silent",
  });
  const bundled = outputFiles.map(({ path, text }): [string, string] => [basename(path), text]);
  const asIs = ["index.html", "icon.svg"].map(
    async (name): Promise<[string, string]> => [name, await readFile(new URL(name, folder), "utf8")],
  );
  const files = Object.fromEntries([...bundled, ...(await Promise.all(asIs))]);
  return { files, sources: Object.keys(metafile.inputs) };
}
