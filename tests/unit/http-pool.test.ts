import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it } from "vitest";
import type { Exchanged } from "../../packages/pubsub/src/aws/http/exchange.ts";
import { createHttpPool, type HttpPool } from "../../packages/pubsub/src/aws/http/http-pool.ts";
import { within } from "../support/eventually.ts";
import { answerOf, type RawServer, startRawServer } from "../support/raw-server.ts";

const CONNECTIONS_MAX = 256;

const poolTo = ({ port }: { port: number }): HttpPool =>
  createHttpPool({ secure: false, hostname: "127.0.0.1", port });

/** Sends one request, and fails the test when it ends twice. */
function send(pool: HttpPool, name: string, body: string = ""): Promise<Exchanged> {
  const { promise, resolve } = Promise.withResolvers<Exchanged>();
  let ends = 0;
  const head = `POST /${name} HTTP/1.1\r\nhost: a\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  pool.exchange(head, Buffer.from(body), (exchanged) => {
    ends += 1;
    if (ends > 1) throw new Error(`${name} ended ${ends} times`);
    resolve(exchanged);
  });
  return within(`end of ${name}`, promise);
}

const answered = (body: string): Exchanged => ({ status: 200, errorType: "", body, reusable: true });
const echo = (): Promise<RawServer> =>
  startRawServer({ onRequest: ({ head, answer }) => answer(answerOf(head.split(" ")[1] ?? "")) });

it("uses one connection for requests one after the other, and as many as there are at once", async () => {
  const server = await echo();
  const pool = poolTo(server);
  for (let index = 0; index < 200; index++) {
    expect(await send(pool, `one-${index}`)).toEqual(answered(`/one-${index}`));
  }
  expect(server.sockets).toHaveLength(1);
  const lane = async (name: number): Promise<void> => {
    for (let index = 0; index < 50; index++) {
      expect(await send(pool, `${name}-${index}`)).toEqual(answered(`/${name}-${index}`));
    }
  };
  await Promise.all(Array.from({ length: 10 }, (_, name) => lane(name)));
  expect(server.sockets).toHaveLength(10);
});

it("sends a body as it is, whether it goes out in one piece or not", async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  for (const bytes of [0, 1, 16_300, 16_384, 131_072]) {
    const body = "\u00e9".repeat(bytes / 2).padEnd(bytes / 2, "x");
    const sent = send(pool, "body", body);
    const request = await server.next();
    expect(request.body.equals(Buffer.from(body))).toBe(true);
    request.answer(answerOf("taken"));
    expect(await sent).toEqual(answered("taken"));
  }
  expect(server.rest()).toEqual([]);
  expect(server.sockets).toHaveLength(1);
});

it(`opens ${CONNECTIONS_MAX} connections and no more; what comes on top is served in order`, async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  const total = CONNECTIONS_MAX * 2;
  const all = Array.from({ length: total }, (_, index) => send(pool, String(index)));
  for (let index = 0; index < CONNECTIONS_MAX; index++) await server.next();
  expect(server.sockets).toHaveLength(CONNECTIONS_MAX);
  // Each answer makes room for one request: the one that has waited longest
  for (let index = CONNECTIONS_MAX; index < total; index++) {
    expect(server.requests).toHaveLength(index);
    server.requests[index - CONNECTIONS_MAX]?.answer(answerOf("x"));
    expect((await server.next()).head).toMatch(`POST /${index} `);
  }
  for (const request of server.requests.slice(-CONNECTIONS_MAX)) request.answer(answerOf("x"));
  expect(await Promise.all(all)).toEqual(all.map(() => answered("x")));
  expect(server.sockets).toHaveLength(CONNECTIONS_MAX);
});

it("serves what waits when connections break, each on a new one", async () => {
  const server = await startRawServer({
    onRequest({ connection, socket, answer }) {
      if (connection < CONNECTIONS_MAX) socket.resetAndDestroy();
      else answer(answerOf("x"));
    },
  });
  const pool = poolTo(server);
  const all = Array.from({ length: CONNECTIONS_MAX + 20 }, (_, index) => send(pool, String(index)));
  const ends = await Promise.all(all);
  expect(ends.slice(0, CONNECTIONS_MAX)).toEqual(Array(CONNECTIONS_MAX).fill({ problem: "ECONNRESET" }));
  expect(ends.slice(CONNECTIONS_MAX)).toEqual(Array(20).fill(answered("x")));
});

it("serves what waits before what its callers send next", async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  const next = new Promise<Exchanged>((resolve) => {
    const head = "POST /first HTTP/1.1\r\n\r\n";
    pool.exchange(head, Buffer.alloc(0), () => resolve(send(pool, "next")));
  });
  const rest = Array.from({ length: CONNECTIONS_MAX - 1 }, (_, index) => send(pool, String(index)));
  const waiting = send(pool, "waiting");
  for (let index = 0; index < CONNECTIONS_MAX; index++) await server.next();
  server.requests.find(({ head }) => head.startsWith("POST /first "))?.answer(answerOf("x"));
  const served = await server.next();
  expect(served.head).toMatch("POST /waiting ");
  served.answer(answerOf("x"));
  expect((await server.next()).head).toMatch("POST /next ");
  for (const { head, answer } of server.requests) if (!/first|waiting/.test(head)) answer(answerOf("x"));
  const ends = await Promise.all([...rest, waiting, next]);
  expect(ends).toEqual(ends.map(() => answered("x")));
});

it("does not use a connection that the other side has closed", async () => {
  const server = await echo();
  const pool = poolTo(server);
  await send(pool, "a");
  const [first] = server.sockets;
  const closed = once(first as NonNullable<typeof first>, "close");
  first?.end();
  await within("close", closed);
  expect(await send(pool, "b")).toEqual(answered("/b"));
  expect(server.sockets).toHaveLength(2);
});

it.each([
  ["connection: close", answerOf("x", "connection: close\r\n")],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx"],
  ["no length", "HTTP/1.1 200 OK\r\n\r\nx"],
  ["more than an answer", `${answerOf("x")}${answerOf("of another request")}`],
])("uses a connection once after %s, and closes it", async (_, text) => {
  const server = await startRawServer({ onRequest: ({ answer }) => answer(text) });
  const pool = poolTo(server);
  for (const name of ["a", "b"]) {
    expect(await send(pool, name)).toEqual({ ...answered("x"), reusable: false });
  }
  expect(server.sockets).toHaveLength(2);
  const closed = server.sockets.map((socket) => socket.destroyed || once(socket, "close"));
  await within("close", Promise.all(closed));
});

it.each<[string, (socket: RawServer["sockets"][number]) => void, string]>([
  ["is reset", (socket) => socket.resetAndDestroy(), "ECONNRESET"],
  ["is closed", (socket) => socket.end(), "closed by the other side"],
  [
    "goes on as something else",
    (socket) => socket.write("y".repeat(9)),
    "a chunk that is longer than its size",
  ],
])("ends a request whose answer %s in the middle, once, and none after it", async (_, breakOff, problem) => {
  const server = await startRawServer();
  const pool = poolTo(server);
  const sent = send(pool, "a");
  const { answer, socket } = await server.next();
  socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab", () => breakOff(socket));
  expect(await sent).toEqual({ problem });
  answer(answerOf("late"));
  const after = send(pool, "b");
  (await server.next()).answer(answerOf("x"));
  expect(await after).toEqual(answered("x"));
  expect(server.sockets).toHaveLength(2);
});

it("takes an answer that comes byte by byte", async () => {
  const server = await startRawServer({
    onRequest({ socket }) {
      socket.setNoDelay(true);
      const bytes = [...answerOf("slow", "x-amzn-errortype: none\r\n")];
      const step = (): void => {
        const byte = bytes.shift();
        if (byte !== undefined) socket.write(byte, () => setImmediate(step));
      };
      step();
    },
  });
  expect(await send(poolTo(server), "a")).toEqual({ ...answered("slow"), errorType: "none" });
});

it("never takes an answer to nothing for that of the next request", async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  const first = send(pool, "a");
  const { answer, socket } = await server.next();
  answer(answerOf("x"));
  await first;
  const closed = once(socket, "close");
  answer(answerOf("nobody asked"));
  await within("close", closed);
  const second = send(pool, "b");
  (await server.next()).answer(answerOf("y"));
  expect(await second).toEqual(answered("y"));
  expect(server.sockets).toHaveLength(2);
});

it("ends a request where nobody listens, and connects once somebody does", async () => {
  const server = createServer((socket) => void socket.resume().end(answerOf("x")));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  const pool = poolTo({ port });
  expect(await send(pool, "a")).toEqual({ problem: "ECONNREFUSED" });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  expect(await send(pool, "b")).toMatchObject({ body: "x" });
  server.close();
  await once(server, "close");
});
