import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Listening, listenHttp } from "../listen-http.ts";
import type { PortChoice } from "../ports.ts";
import type { WebGuard } from "../web-guard.ts";
import { type ApiParts, createApi } from "./api.ts";
import { loadPage, type PageFiles } from "./page-files.ts";

export interface InspectorOptions extends ApiParts {
  host: string;
  /** Undefined: a free port. */
  port: PortChoice | undefined;
  guard: Pick<WebGuard, "refuseOwnPage">;
}

export interface Inspector {
  /** Where the page is, without a token. */
  url: string;
  stop(): Promise<void>;
}

/**
 * The page loads nothing from elsewhere and cannot send anything elsewhere, and no other page may frame it.
 * `connect-src` is that of `default-src`: only this server.
 */
const HEADERS = {
  "content-security-policy":
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
} as const;

/**
 * Serves the page and its API.
 *
 * @throws PubsubLocalError PORT_IN_USE, HOST_NOT_AVAILABLE
 */
export async function startInspector(options: InspectorOptions): Promise<Inspector> {
  const { guard } = options;
  const api = createApi(options);
  let page: Promise<PageFiles> | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const refusal = guard.refuseOwnPage(request.headers);
    if (refusal !== undefined) return sendText(response, 403, refusal);
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.pathname.startsWith("/api/")) return api(request, response, url);
    if (request.method !== "GET" && request.method !== "HEAD") return sendText(response, 405, "Only GET");
    // In the repository it is bundled now, so that a stack whose page nobody opens does not pay for it
    page ??= loadPage();
    page.catch(() => {
      page = undefined;
    });
    const files = await page;
    const file = Object.hasOwn(files, url.pathname) ? files[url.pathname] : undefined;
    if (!file) return sendText(response, 404, `No ${url.pathname}`);
    response.setHeader("content-type", file.type);
    response.end(request.method === "HEAD" ? undefined : file.body);
  }

  const server = createServer((request, response) => {
    response.on("error", () => {});
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendText(response, 500, error instanceof Error ? error.message : String(error));
    });
  });
  return listen(server, options);
}

/** A preferred port is tried by listening on it: between a look and that, another stack could take it. */
function listen(server: Server, { host, port }: InspectorOptions): Promise<Listening> {
  const service = "inspector";
  if (typeof port !== "object") return listenHttp(server, { host, port, service });
  return listenHttp(server, { host, port: port.prefer, service }).catch(() =>
    listenHttp(server, { host, port: undefined, service }),
  );
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(`${text}\n`);
}
