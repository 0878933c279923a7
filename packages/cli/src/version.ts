import { readFileSync } from "node:fs";

/** The version of this package. Its manifest is one folder above, of the sources and of what is built. */
export function ownVersion(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return String((JSON.parse(manifest) as { version: unknown }).version);
}
