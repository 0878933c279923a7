import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import type { Exchanged } from "../../../packages/pubsub/src/aws/transport/exchange.ts";
import { createHttpPool, type HttpPool } from "../../../packages/pubsub/src/aws/transport/http-pool.ts";
import { eventually, within } from "../../support/eventually.ts";
import { trustLocalhost } from "../../support/network.ts";
import { answerOf, type RawServer, startRawServer, tlsOptions } from "../../support/raw-server.ts";

const CONNECTIONS_MAX = 256;
const UNPROVEN_MAX = 8;

const poolTo = ({ port }: { port: number }, secure = false): HttpPool =>
  createHttpPool({ secure, hostname: secure ? "localhost" : "127.0.0.1", port });

function send(pool: HttpPool, name: string): Promise<Exchanged> {
  const head = `POST /${name} HTTP/1.1\r\ncontent-length: 0\r\n\r\n`;
  const end = new Promise<Exchanged>((resolve) => pool.exchange(head, Buffer.alloc(0), resolve));
  return within(`end of ${name}`, end, 60_000);
}

const sendMany = (pool: HttpPool, count: number): Promise<Exchanged>[] =>
  Array.from({ length: count }, (_, index) => send(pool, String(index)));

const loopTurns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

/** Starts the server on the given port, or on any free port. The server closes when the test finishes. */
async function listen(server: Server, port = 0): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket.on("error", () => {})));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

// Each of 256 requests used to open its own connection. The other side accepted these one by one, seconds later
it("opens 8 connections to a server that never responds, and keeps the other 292 of 300 requests waiting", async () => {
  const server = await startRawServer();
  void sendMany(poolTo(server), 300).map((end) => end.catch(() => {}));
  for (let index = 0; index < UNPROVEN_MAX; index++) await within("request", server.next());
  await loopTurns(100);
  expect(server.sockets).toHaveLength(UNPROVEN_MAX);
  expect(server.requests).toHaveLength(UNPROVEN_MAX);
});

it("never has more than 8 connections without a first response while it serves 500 requests", async () => {
  const proven = new Set<number>();
  let maxUnproven = 0;
  const server: RawServer = await startRawServer({
    async onRequest({ connection, answer }) {
      maxUnproven = Math.max(maxUnproven, server.sockets.length - proven.size);
      if (!proven.has(connection)) await loopTurns(40);
      proven.add(connection);
      answer(answerOf("x"));
    },
  });
  const ends = await Promise.all(sendMany(poolTo(server), 500));
  for (const end of ends) expect(end).toMatchObject({ body: "x" });
  expect(maxUnproven).toBe(UNPROVEN_MAX);
  expect(proven.size).toBeGreaterThan(UNPROVEN_MAX);
});

it("serves a request on the first connection that is ready, even if another was opened for it", async () => {
  trustLocalhost();
  const requests: (() => void)[] = [];
  const opened: Socket[] = [];
  const { port } = await listen(
    createServer((socket) => {
      // The second connection opens, but its TLS handshake never comes
      if (opened.push(socket) > 1) return;
      const secure = new TLSSocket(socket, { isServer: true, ...tlsOptions() });
      secure.on("error", () => {});
      secure.on("data", () => requests.push(() => void secure.write(answerOf("x"))));
    }),
  );
  const pool = poolTo({ port }, true);
  const first = send(pool, "first");
  await eventually(() => expect(requests).toHaveLength(1));
  const second = send(pool, "second");
  await eventually(() => expect(opened).toHaveLength(2));
  requests.shift()?.();
  expect(await first).toMatchObject({ body: "x" });
  await eventually(() => expect(requests).toHaveLength(1));
  requests.shift()?.();
  expect(await second).toMatchObject({ body: "x" });
});

it(`opens at most ${CONNECTIONS_MAX} connections, and serves the requests above that in order`, async () => {
  const held: (() => void)[] = [];
  const full = Promise.withResolvers<void>();
  const answered = new Set<number>();
  const server = await startRawServer({
    onRequest({ connection, answer }) {
      if (!answered.has(connection)) {
        answered.add(connection);
        answer(answerOf("x"));
        return;
      }
      held.push(() => answer(answerOf("x")));
      if (held.length === CONNECTIONS_MAX) full.resolve();
    },
  });
  const first = 2 * CONNECTIONS_MAX;
  const ends = sendMany(poolTo(server), first + 50);
  await within("a request on each connection", full.promise, 60_000);
  for (let index = 0; index < first; index++) await server.next();
  // Each response frees a connection for one request: the request that has waited longest
  for (let index = first; index < first + 50; index++) {
    held.shift()?.();
    expect((await within("request", server.next())).head).toMatch(`POST /${index} `);
  }
  for (const answer of held) answer();
  for (const end of await Promise.all(ends)) expect(end).toMatchObject({ body: "x" });
  expect(server.sockets).toHaveLength(CONNECTIONS_MAX);
});

it("serves each waiting request on a new connection when 100 connections break", async () => {
  const server = await startRawServer({
    onRequest({ connection, socket, answer }) {
      if (connection < 100) socket.resetAndDestroy();
      else answer(answerOf("x"));
    },
  });
  const ends = await Promise.all(sendMany(poolTo(server), 120));
  const broken = { kind: "broken-connection", problem: "ECONNRESET", retryable: true };
  expect(ends.filter((end) => "problem" in end)).toEqual(Array(100).fill(broken));
});

it("ends requests with ECONNREFUSED while no server listens, and connects once one does", async () => {
  const server = createServer((socket) => void socket.resume().end(answerOf("x")));
  const { port } = await listen(server);
  server.close();
  await once(server, "close");
  const pool = poolTo({ port });
  const refused = { kind: "no-connection", problem: "ECONNREFUSED", retryable: true };
  const ends = await Promise.all(sendMany(pool, 300));
  expect(ends).toEqual(Array(300).fill(refused));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  expect(await send(pool, "b")).toMatchObject({ body: "x" });
});

it("ends 300 requests with the same reason after at most 8 attempts to connect", async () => {
  trustLocalhost();
  const { port, sockets } = await listen(createServer((socket) => socket.destroy()));
  const ends = await Promise.all(sendMany(poolTo({ port }, true), 300));
  expect(new Set(ends.map((end) => JSON.stringify(end))).size).toBe(1);
  expect(ends[0]).toMatchObject({ kind: "no-connection", retryable: true });
  expect(sockets.length).toBeLessThanOrEqual(UNPROVEN_MAX);
});

it("serves 100 requests on its only connection if it cannot open another", async () => {
  trustLocalhost();
  const server = createTlsServer(tlsOptions(), (socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.write(answerOf("x")));
  });
  // The server closes any further connection before the handshake
  server.maxConnections = 1;
  const ends = await Promise.all(sendMany(poolTo(await listen(server), true), 100));
  for (const end of ends) expect(end).toMatchObject({ body: "x" });
});
