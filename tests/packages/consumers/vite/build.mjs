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
    rollupOptions: { input: path("main.js"), output: { entryFileNames: "[name].js" } },
  },
});
