/**
 * Run by npm in a package's folder before and after it packs it: `node ../../packaging/prepack.ts`, then with
 * `--restore`. In between package.json is the published one.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { type PackageManifest, publishedManifest } from "./published-manifest.ts";

const MANIFEST = "package.json";
const KEPT = "package.json.kept";

if (process.argv.includes("--restore")) {
  if (existsSync(KEPT)) renameSync(KEPT, MANIFEST);
} else {
  // A pack that was broken off has left the published one in its place
  const own = readFileSync(existsSync(KEPT) ? KEPT : MANIFEST, "utf8");
  writeFileSync(KEPT, own);
  writeFileSync(
    MANIFEST,
    `${JSON.stringify(publishedManifest(JSON.parse(own) as PackageManifest), null, 2)}\n`,
  );
}
