import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { repository } from "../../support/client-build.ts";
import type { AppProps } from "./app.ts";

export interface ReactPage {
  /** The script for the browser, in React's development mode, which warns. */
  script: string;
  /** Renders in Node with the same React. */
  render(props: AppProps): string;
}

/** Bundles the page with the React in `nodeModules`, and with the client as it is published, which is in `client`. */
export async function bundlePage(nodeModules: string, client: string): Promise<ReactPage> {
  const alias = {
    react: `${nodeModules}/react`,
    "react-dom": `${nodeModules}/react-dom`,
    "lambda-websocket-pubsub-client/react": `${client}react.js`,
    "lambda-websocket-pubsub-client": `${client}index.js`,
  };
  const bundle = async (entry: string, platform: "browser" | "node"): Promise<string> => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
      absWorkingDir: repository,
      bundle: true,
      write: false,
      platform,
      format: platform === "browser" ? "iife" : "cjs",
      alias,
      define: { "process.env.NODE_ENV": '"development"' },
      logLevel: "silent",
    });
    return outputFiles[0]?.text ?? "";
  };
  const script = await bundle("browser.ts", "browser");
  // CommonJS, because that of React requires modules of Node
  const exported: { exports: Partial<Pick<ReactPage, "render">> } = { exports: {} };
  new Function("module", "exports", "require", await bundle("server.ts", "node"))(
    exported,
    exported.exports,
    createRequire(import.meta.url),
  );
  if (!exported.exports.render) throw new Error("the bundle exports no render");
  return { script, render: exported.exports.render };
}
