import { mkdir, writeFile } from "node:fs/promises";
import { defineConfig, type UserConfig } from "tsdown";
import { bundlePage } from "./src/inspector/bundle-page.ts";
import { pageLicences } from "./src/inspector/page-licences.ts";

/** The functions are the repository's own, built along, so that the published stack runs them too. */
const config: UserConfig = defineConfig({
  entry: {
    index: "src/index.ts",
    bin: "src/bin.ts",
    command: "src/command.ts",
    inspector: "src/inspector/index.ts",
    "inspector-thread": "src/inspector/source-thread.ts",
    "worker-runtime": "src/workers/worker-runtime.ts",
    "functions/websocket": "../../functions/websocket.ts",
    "functions/fanout": "../../functions/fanout.ts",
    "functions/publish": "../../functions/publish.ts",
  },
  platform: "node",
  target: "node22",
  fixedExtension: false,
  deps: { alwaysBundle: ["sst"] },
  dts: { oxc: true },
  logLevel: "warn",
  hooks: { "build:done": ({ options }) => writePage(`${options.outDir}/inspector`) },
});

/** The page of the inspector. Its server finds it in this folder. */
async function writePage(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { files: page, sources } = await bundlePage();
  const files = { ...page, "LICENCES.txt": await pageLicences(sources) };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(`${folder}/${name}`, text)));
}

export default config;
