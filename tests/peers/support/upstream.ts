import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A post that a proxy passed on, with what the proxy says about its client. */
export interface Arrival {
  body: string;
  /** The client's port, which names its connection to the proxy. */
  connection: string;
  tls: string;
  isResumed: boolean;
}

export interface Upstream {
  port: number;
  arrivals: readonly Arrival[];
  /** Returns how often each body arrived. */
  timesByBody(): Record<string, number>;
}

export interface UpstreamOptions {
  /** Sends responses of several chunks without a length, as opposed to empty ones with a length. */
  isChunked?: boolean;
  /** Closes the connection instead of a response when a body arrives for the first time. */
  losesFirstResponse?: boolean;
}

/** The headers in which the proxies say what they know of their client. */
export const peerHeaders = { connection: "x-peer-connection", tls: "x-peer-tls", resumed: "x-peer-resumed" };

/** Starts the server behind a proxy. It records every post, and ends with the test. */
export async function startUpstream({
  isChunked = false,
  losesFirstResponse = false,
}: UpstreamOptions = {}): Promise<Upstream> {
  const arrivals: Arrival[] = [];

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { headers } = request;
    const body = Buffer.concat(chunks).toString();
    const isFirst = !arrivals.some((arrival) => arrival.body === body);
    arrivals.push({
      body,
      connection: String(headers[peerHeaders.connection]),
      tls: String(headers[peerHeaders.tls]),
      isResumed: /^[1r]$/.test(String(headers[peerHeaders.resumed])),
    });
    if (losesFirstResponse && isFirst) request.socket.destroy();
    else if (isChunked) respondInChunks(response);
    else response.writeHead(200, { "content-length": 0 }).end();
  }

  const server = createServer((request, response) => void receive(request, response));
  // The proxies must not meet a close of this side, which a test did not ask for
  server.keepAliveTimeout = 600_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return {
    port: (server.address() as AddressInfo).port,
    arrivals,
    timesByBody() {
      const times: Record<string, number> = {};
      for (const { body } of arrivals) times[body] = (times[body] ?? 0) + 1;
      return times;
    },
  };
}

function respondInChunks(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"message":');
  // In a turn of its own, so that it is a chunk of its own
  setImmediate(() => response.end('"in chunks"}'));
}
