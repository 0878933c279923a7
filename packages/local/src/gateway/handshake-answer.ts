import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

export interface HandshakeRefusal {
  status: number;
  message?: string;
  errorType?: string | undefined;
  headers?: Record<string, string> | undefined;
  body?: string | undefined;
}

/** Rejects an upgrade request with an HTTP response, and ends its socket. */
export function refuseHandshake(
  socket: Duplex,
  ids: { connectionId: string; requestId: string },
  refusal: HandshakeRefusal,
): void {
  const reasonPhrase = STATUS_CODES[refusal.status] ?? "";
  const body = refusal.body ?? JSON.stringify({ message: refusal.message ?? reasonPhrase, ...ids });
  const headers = {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
    "x-amzn-requestid": ids.requestId,
    ...(refusal.errorType === undefined ? {} : { "x-amzn-errortype": refusal.errorType }),
    ...refusal.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  // Without this, a client that never ends its side would keep the socket open.
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${refusal.status} ${reasonPhrase}\r\n${lines.join("")}\r\n${body}`);
}

/** Checks what `ws` will require, so that `$connect` is not invoked for a request that cannot be upgraded. */
export function isWebsocketUpgrade({ method, headers }: IncomingMessage): boolean {
  return (
    method === "GET" &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    headers["sec-websocket-version"] === "13" &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "")
  );
}
