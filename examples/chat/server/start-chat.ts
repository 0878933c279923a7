import { fileURLToPath } from "node:url";
import type { PubsubConfig } from "lambda-websocket-pubsub";
import { createServer, defaultClientConditions, type InlineConfig } from "vite";
import { publishApi } from "./publish-api.ts";

export interface ChatOptions {
  /** The URL at which pages subscribe. */
  websocketUrl: string;
  /** The config with which the server publishes. */
  config: PubsubConfig;
  /** 0 chooses a free port. */
  port: number;
  /** Whether pages reload when the sources change. Default true. */
  watch?: boolean;
}

export interface Chat {
  url: string;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";

/** Starts a server for the page and its back end. Rejects if the port is in use. */
export async function startChat({ websocketUrl, config, port, watch = true }: ChatOptions): Promise<Chat> {
  const server = await createServer({
    root: fileURLToPath(new URL("..", import.meta.url)),
    configFile: false,
    logLevel: "warn",
    server: {
      host: HOST,
      port,
      strictPort: true,
      ...(!watch && { hmr: false, ws: false as const, watch: null }),
    },
    define: { "import.meta.env.VITE_WEBSOCKET_URL": JSON.stringify(websocketUrl) },
    // Serves this workspace's client from its sources
    resolve: { conditions: ["pubsub-source", ...defaultClientConditions] },
    plugins: [publishApi(config)],
  } satisfies InlineConfig);
  try {
    await server.listen();
  } catch (error) {
    await server.close();
    throw error;
  }
  const url = server.resolvedUrls?.local[0] ?? "";
  return { url, stop: () => server.close() };
}
