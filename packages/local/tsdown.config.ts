import { defineConfig, type UserConfig } from "tsdown";

/** The functions are the repository's own, built along, so that the published stack runs them too. */
const config: UserConfig = defineConfig({
  entry: {
    index: "src/index.ts",
    bin: "src/bin.ts",
    "worker-runtime": "src/workers/worker-runtime.ts",
    "functions/websocket": "../../functions/websocket.ts",
    "functions/fanout": "../../functions/fanout.ts",
  },
  platform: "node",
  target: "node22",
  fixedExtension: false,
  deps: { alwaysBundle: ["sst"] },
  dts: { oxc: true },
  logLevel: "warn",
});

export default config;
