import { fileURLToPath } from "node:url";
import { build } from "vite";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
await build({
  configFile: false,
  root: path("."),
  logLevel: "warn",
  build: {
    outDir: path("dist"),
    modulePreload: false,
    rollupOptions: {
      input: path("main.js"),
      output: { entryFileNames: "[name].js" },
      // As @vitejs/plugin-react does, which apps with React have: the directive of the React entry is for Next.js
      onwarn(warning, warn) {
        const isUseClient =
          warning.code === "MODULE_LEVEL_DIRECTIVE" && warning.message.includes("use client");
        if (!isUseClient) warn(warning);
      },
    },
  },
});
