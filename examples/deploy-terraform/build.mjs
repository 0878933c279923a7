// Bundles the functions and zips them for functions.tf and publish.tf: dist/websocket.zip, dist/fanout.zip, dist/publish.zip.
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { zipSync } from "fflate";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
/** Zips of the same bundle are the same bytes, so that Terraform sees a change only if the code has changed. */
const ZIP_TIME = "1980-01-01T12:00:00";

await mkdir(path("dist"), { recursive: true });
for (const name of ["websocket", "fanout", "publish"]) {
  const { outputFiles } = await build({
    entryPoints: [path(`functions/${name}.ts`)],
    bundle: true,
    minify: true,
    platform: "node",
    target: "node24",
    // ECMAScript modules first, or the AWS SDK comes in as CommonJS, half as large again
    mainFields: ["module", "main"],
    write: false,
  });
  const zip = zipSync({ "index.js": [outputFiles[0].contents, { mtime: ZIP_TIME }] });
  await writeFile(path(`dist/${name}.zip`), zip);
  console.log(`dist/${name}.zip: ${Math.round(zip.length / 1024)} KB`);
}
