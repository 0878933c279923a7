import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { trackTransports } from "./transports.ts";

export interface RawRequest {
  /** The connection's number, from 0 in the order in which they were opened. */
  connection: number;
  socket: Socket;
  /** Everything before the body, as received. */
  head: string;
  body: Buffer;
  answer(text: string): void;
  reset(): void;
}

export interface RawServer {
  port: number;
  /** Every connection so far. */
  sockets: readonly Socket[];
  /** For each connection, whether it resumed an earlier TLS session. */
  resumed: readonly boolean[];
  /** Every request so far, except those that the test has removed. */
  requests: RawRequest[];
  /** Returns the bytes of each connection that are not a complete request. */
  rest(): string[];
  /** The next request that no caller of `next` has taken yet. */
  next(): Promise<RawRequest>;
}

const fileOf = (name: string): string =>
  fileURLToPath(new URL(`../../benchmarks/certificate/localhost.${name}.pem`, import.meta.url));
const certificate = (name: string): string => readFileSync(fileOf(name), "utf8");

export const localhostCertificateFile: string = fileOf("cert");
export const localhostKeyFile: string = fileOf("key");
export const localhostCertificate = (): string => certificate("cert");

/** Returns options of a server that prefers another protocol, as AWS does. */
export const tlsOptions = (): TlsOptions => ({
  cert: certificate("cert"),
  key: certificate("key"),
  ALPNProtocols: ["h2", "http/1.1"],
});

export const answerOf = (body: string, headers: string = ""): string =>
  `HTTP/1.1 200 OK\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/**
 * Starts a server that shows requests byte for byte. `onRequest` or the caller of `next` responds. Ends with the test.
 */
export async function startRawServer({
  secure = false,
  host = "127.0.0.1",
  onRequest,
}: {
  secure?: boolean;
  host?: string;
  onRequest?(request: RawRequest): void;
} = {}): Promise<RawServer> {
  const sockets: Socket[] = [];
  const resumed: boolean[] = [];
  const unread: Buffer[] = [];
  const requests: RawRequest[] = [];
  const takers: ((request: RawRequest) => void)[] = [];
  let taken = 0;

  function take(): void {
    for (let taker = takers[0]; taker && requests[taken]; taker = takers[0]) {
      takers.shift();
      taker(requests[taken++] as RawRequest);
    }
  }

  function accept(socket: Socket): void {
    const connection = sockets.push(socket) - 1;
    const reset = (): void => void transports.of(socket.remotePort)?.resetAndDestroy();
    let received = Buffer.alloc(0);
    socket.on("error", () => {}); // Some tests reset connections
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (let request = firstOf(received); request; request = firstOf(received)) {
        received = received.subarray(request.bytes);
        const { head, body } = request;
        const answer = (text: string): void => void socket.write(text);
        const whole = { connection, socket, head, body, answer, reset };
        requests.push(whole);
        onRequest?.(whole);
      }
      unread[connection] = received;
      take();
    });
  }

  const server: Server = secure
    ? createTlsServer(tlsOptions(), (socket: TLSSocket) => {
        resumed.push(socket.isSessionReused());
        accept(socket);
      })
    : createServer(accept);
  const transports = trackTransports(server);
  server.listen(0, host);
  await once(server, "listening");
  onTestFinished(() => transports.stop());
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    resumed,
    requests,
    rest: () => unread.filter((bytes) => bytes.length > 0).map(String),
    next: () =>
      new Promise((resolve) => {
        takers.push(resolve);
        take();
      }),
  };
}

function firstOf(received: Buffer): { head: string; body: Buffer; bytes: number } | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const start = headEnd + 4;
  const head = received.toString("latin1", 0, start);
  const bytes = start + Number(/\r\ncontent-length: (\d+)\r\n/.exec(head)?.[1] ?? 0);
  return received.length < bytes ? undefined : { head, body: received.subarray(start, bytes), bytes };
}
