import { fileURLToPath } from "node:url";
import { createServer, defaultClientConditions, type InlineConfig } from "vite";

export interface ChatOptions {
  /** The URL at which pages subscribe and publish. */
  websocketUrl: string;
  /** Whether the stack has the example's functions, which know the users. Default false: the page then shows nobody. */
  hasUsers?: boolean;
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
const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The functions that decide who may read, who it is, and what pages may publish: `startLocal({ functions: FUNCTIONS })`. */
export const FUNCTIONS: { websocket: string; publish: string } = {
  websocket: fileURLToPath(new URL("../functions/websocket.ts", import.meta.url)),
  publish: fileURLToPath(new URL("../functions/publish.ts", import.meta.url)),
};

/** React is CommonJS, which Vite translates once. Named here, it is translated before the first page asks for it. */
const COMMONJS = ["react", "react/jsx-runtime", "react/jsx-dev-runtime", "react-dom/client"];

/** Starts a server for the page, which has no other back end: it publishes by the WebSocket. Rejects if the port is in use. */
export async function startChat({
  websocketUrl,
  hasUsers = false,
  port,
  watch = true,
}: ChatOptions): Promise<Chat> {
  const server = await createServer({
    root: ROOT,
    configFile: false,
    logLevel: "warn",
    server: {
      host: HOST,
      port,
      strictPort: true,
      ...(!watch && { hmr: false, ws: false as const, watch: null }),
    },
    define: {
      "import.meta.env.VITE_WEBSOCKET_URL": JSON.stringify(websocketUrl),
      "import.meta.env.VITE_PRESENCE": JSON.stringify(hasUsers),
    },
    // Serves this workspace's client from its sources
    resolve: { conditions: ["pubsub-source", ...defaultClientConditions] },
    optimizeDeps: { include: COMMONJS, noDiscovery: true },
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
