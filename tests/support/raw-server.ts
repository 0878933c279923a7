import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export interface RawRequest {
  /** Of this server's connections, from 0 in the order in which they were opened. */
  connection: number;
  socket: Socket;
  /** Everything before the body, as it came. */
  head: string;
  body: Buffer;
  answer(text: string): void;
  reset(): void;
}

export interface RawServer {
  port: number;
  /** Every connection there ever was. */
  sockets: readonly Socket[];
  /** Of each connection, whether its TLS session was an earlier one's. */
  resumed: readonly boolean[];
  /** Every request so far, or since somebody took them out. */
  requests: RawRequest[];
  /** What came on each connection and is no whole request. */
  rest(): string[];
  /** The next request that no caller of `next` has taken yet. */
  next(): Promise<RawRequest>;
}

const fileOf = (name: string): string =>
  fileURLToPath(new URL(`../../benchmarks/certificate/localhost.${name}.pem`, import.meta.url));
const certificate = (name: string): string => readFileSync(fileOf(name), "utf8");

export const localhostCertificateFile: string = fileOf("cert");
export const localhostCertificate = (): string => certificate("cert");

/** Would rather speak something else, as AWS does. */
export const tlsOptions = (): TlsOptions => ({
  cert: certificate("cert"),
  key: certificate("key"),
  ALPNProtocols: ["h2", "http/1.1"],
});

export const answerOf = (body: string, headers: string = ""): string =>
  `HTTP/1.1 200 OK\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** Requests byte for byte, and answers by hand: `onRequest`, or whoever takes them with `next`. Ends with the test. */
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
  /** What TLS runs over, by the port at the other end: only this can be reset. */
  const transports = new Map<number | undefined, Socket>();
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
    const reset = (): void => void transports.get(socket.remotePort)?.resetAndDestroy();
    let received = Buffer.alloc(0);
    socket.on("error", () => {}); // Resets are what some tests are about
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
  server.on("connection", (socket: Socket) => transports.set(socket.remotePort, socket));
  server.listen(0, host);
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
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
