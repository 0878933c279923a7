import { once } from "node:events";
import { expect, it } from "vitest";
import type { Exchanged, ExchangeFailureKind } from "../../../packages/pubsub/src/aws/transport/exchange.ts";
import { createHttpPool, type HttpPool } from "../../../packages/pubsub/src/aws/transport/http-pool.ts";
import { within } from "../../support/eventually.ts";
import { answerOf, type RawServer, startRawServer } from "../../support/raw-server.ts";

/** The pool opens at most this many connections that have not had a first response. */
const UNPROVEN_MAX = 8;

const poolTo = ({ port }: RawServer): HttpPool =>
  createHttpPool({ secure: false, hostname: "127.0.0.1", port });

/** Sends one request. Throws if the request ends twice. */
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

it("uses one connection for sequential requests, and at most 10 connections for 10 requests at once", async () => {
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
  expect(server.sockets.length).toBeGreaterThan(1);
  expect(server.sockets.length).toBeLessThanOrEqual(10);
});

it("sends a body unchanged, also if it goes out in several pieces", async () => {
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

it("serves a waiting request before a request that a caller sends on completion of another", async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  const next = new Promise<Exchanged>((resolve) => {
    const head = "POST /first HTTP/1.1\r\n\r\n";
    pool.exchange(head, Buffer.alloc(0), () => resolve(send(pool, "next")));
  });
  const rest = Array.from({ length: UNPROVEN_MAX - 1 }, (_, index) => send(pool, String(index)));
  const waiting = send(pool, "waiting");
  for (let index = 0; index < UNPROVEN_MAX; index++) await within("request", server.next());
  server.requests.find(({ head }) => head.startsWith("POST /first "))?.answer(answerOf("x"));
  expect((await within("request", server.next())).head).toMatch("POST /waiting ");
  for (const { head, answer } of server.requests) if (!head.startsWith("POST /first ")) answer(answerOf("x"));
  const served = await within("request", server.next());
  expect(served.head).toMatch("POST /next ");
  served.answer(answerOf("x"));
  const ends = await Promise.all([...rest, waiting, next]);
  expect(ends).toEqual(ends.map(() => answered("x")));
});

it("opens a new connection after the other side has closed the first one", async () => {
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
  ["a response in HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx"],
  ["a response without a length", "HTTP/1.1 200 OK\r\n\r\nx"],
  ["bytes after a response", `${answerOf("x")}${answerOf("of another request")}`],
])("does not reuse a connection after %s, and closes it", async (_, text) => {
  const server = await startRawServer({ onRequest: ({ answer }) => answer(text) });
  const pool = poolTo(server);
  for (const name of ["a", "b"]) {
    expect(await send(pool, name)).toEqual({ ...answered("x"), reusable: false });
  }
  expect(server.sockets).toHaveLength(2);
  const closed = server.sockets.map((socket) => socket.destroyed || once(socket, "close"));
  await within("close", Promise.all(closed));
});

it.each<[string, (socket: RawServer["sockets"][number]) => void, ExchangeFailureKind, string]>([
  ["is reset", (socket) => socket.resetAndDestroy(), "broken-connection", "ECONNRESET"],
  ["is closed", (socket) => socket.end(), "broken-connection", "closed by the other side"],
  [
    "goes on with an invalid chunk",
    (socket) => socket.write("y".repeat(9)),
    "bad-answer",
    "a chunk that is longer than its size",
  ],
])("ends a request once if its response %s in the middle, and serves the next request", async (...row) => {
  const [, breakOff, kind, problem] = row;
  const server = await startRawServer();
  const pool = poolTo(server);
  const sent = send(pool, "a");
  const { answer, socket } = await server.next();
  socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab", () => breakOff(socket));
  expect(await sent).toEqual({ kind, problem, retryable: true });
  answer(answerOf("late"));
  const after = send(pool, "b");
  (await server.next()).answer(answerOf("x"));
  expect(await after).toEqual(answered("x"));
  expect(server.sockets).toHaveLength(2);
});

it("reads a response that arrives byte by byte", async () => {
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

it("closes a connection on a response without a request, and does not give it to the next request", async () => {
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
