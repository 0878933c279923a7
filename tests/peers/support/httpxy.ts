import { once } from "node:events";
import { Agent, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { createProxyServer } from "httpxy";
import { onTestFinished } from "vitest";
import { tlsOptions } from "../../support/raw-server.ts";
import { trackTransports } from "../../support/transports.ts";
import { LIMITED, LONG_KEEP_ALIVE_SECONDS, type ProxyKind, type ProxyOptions, THROTTLED } from "./proxy.ts";
import { peerHeaders } from "./upstream.ts";

const REQUESTS_PER_CONNECTION = 10;

/** A proxy on Node's own HTTP server. npm brings it, so that this suite runs on every machine. */
export const httpxy: ProxyKind = {
  name: "httpxy",
  requestsPerConnection: REQUESTS_PER_CONNECTION,
  missing: () => undefined,
  async start(options) {
    const { tls, keepAliveSeconds = LONG_KEEP_ALIVE_SECONDS, isShortLived = false } = options;
    const agent = new Agent({ keepAlive: true });
    const target = `http://127.0.0.1:${options.upstreamPort}`;
    const proxy = createProxyServer({ target, agent });
    if (isShortLived) proxy.on("proxyRes", announceClose);
    const server = createServer({
      ...tlsOptions(),
      ALPNProtocols: ["http/1.1"],
      minVersion: tls,
      maxVersion: tls,
      keepAliveTimeout: keepAliveSeconds * 1_000,
      // Node's own default adds a second
      keepAliveTimeoutBuffer: 0,
      // For connections that never had a request
      headersTimeout: keepAliveSeconds * 1_000,
      requestTimeout: LONG_KEEP_ALIVE_SECONDS * 1_000,
      connectionsCheckingInterval: 500,
    });
    const transports = trackTransports(server);
    /** A socket that is ending has no port any more. Without an answer and without a reset, the post would never end. */
    const reset = ({ socket }: IncomingMessage): void => {
      const transport = transports.of(socket.remotePort);
      if (transport) transport.resetAndDestroy();
      else socket.destroy();
    };
    server.on("request", (request, response) => {
      if (isReset(options)) return reset(request);
      const status = refusalOf(request);
      if (status !== undefined) return void response.writeHead(status).end();
      describe(request);
      proxy.web(request, response).catch(() => fail(response));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(async () => {
      await transports.stop();
      agent.destroy();
    });
    return {
      port: (server.address() as AddressInfo).port,
      openConnections: () =>
        new Promise((resolve, reject) => {
          server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
        }),
    };
  },
};

const isReset = ({ resetPercent = 0 }: ProxyOptions): boolean => Math.random() * 100 < resetPercent;

function refusalOf({ url = "", headers }: IncomingMessage): number | undefined {
  if (url.includes(THROTTLED)) return 429;
  return url.includes(LIMITED) && Number(headers["content-length"]) > 1_024 ? 413 : undefined;
}

const requests = new WeakMap<Socket, number>();

/** httpxy writes the header `connection` itself, so that Node's `maxRequestsPerSocket` could not announce a close. */
function announceClose(response: IncomingMessage, { socket }: IncomingMessage): void {
  const count = (requests.get(socket) ?? 0) + 1;
  requests.set(socket, count);
  if (count >= REQUESTS_PER_CONNECTION) response.headers.connection = "close";
}

function describe(request: IncomingMessage): void {
  const socket = request.socket as TLSSocket;
  request.headers[peerHeaders.connection] = String(socket.remotePort);
  request.headers[peerHeaders.tls] = socket.getProtocol() ?? "";
  request.headers[peerHeaders.resumed] = socket.isSessionReused() ? "1" : "0";
}

function fail(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(502).end();
}
