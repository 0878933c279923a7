import { defineConfig, type UserConfig } from "tsdown";

const config: UserConfig = defineConfig({
  entry: { index: "src/index.ts", react: "src/react/index.ts" },
  platform: "neutral",
  target: "es2022",
  fixedExtension: false,
  dts: { oxc: true },
  // Projects that compile for older runtimes do not have the type `Disposable`
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  logLevel: "warn",
});

export default config;
