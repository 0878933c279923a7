import { defineConfig, type UserConfig } from "tsdown";

const config: UserConfig = defineConfig({
  entry: { bin: "src/bin.ts" },
  platform: "node",
  target: "node22",
  fixedExtension: false,
  // Nothing is imported from this package: it is a command
  dts: false,
  logLevel: "warn",
});

export default config;
