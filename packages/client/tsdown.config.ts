import { defineConfig, type UserConfig } from "tsdown";
import { bothFormats } from "../../packaging/module-formats.ts";

const config: UserConfig = defineConfig({
  ...bothFormats(),
  entry: { index: "src/index.ts", react: "src/react/index.ts" },
  platform: "neutral",
  target: "es2022",
  dts: { oxc: true },
  banner: ({ fileName }) => ({
    // React's server components may import the hooks, but not run them. Bundlers look for it in the first line
    js: /(^|\/)react\.js$/.test(fileName) ? '"use client";' : "",
    // Projects that compile for older runtimes do not have the type `Disposable`
    dts: '/// <reference lib="esnext.disposable" />',
  }),
  logLevel: "warn",
});

export default config;
