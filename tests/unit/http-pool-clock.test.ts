import { once } from "node:events";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Exchanged } from "../../packages/pubsub/src/aws/http/exchange.ts";
import { createHttpPool, type HttpPool } from "../../packages/pubsub/src/aws/http/http-pool.ts";
import { within } from "../support/eventually.ts";
import { answerOf, type RawServer, startRawServer } from "../support/raw-server.ts";

const HOUR_MS = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance", "Date"] }));
afterEach(() => void vi.useRealTimers());

const poolTo = ({ port }: RawServer): HttpPool =>
  createHttpPool({ secure: false, hostname: "127.0.0.1", port });

function send(pool: HttpPool, name: string): { end: Promise<Exchanged>; ended(): boolean } {
  let ended = false;
  const end = new Promise<Exchanged>((resolve) => {
    pool.exchange(`POST /${name} HTTP/1.1\r\n\r\n`, Buffer.alloc(0), (exchanged) => {
      ended = true;
      resolve(exchanged);
    });
  });
  return { end: within(`end of ${name}`, end), ended: () => ended };
}

async function answerNext(server: RawServer, body: string): Promise<void> {
  (await within("request", server.next())).answer(answerOf(body));
}

it("ends what has no answer after 5 s, closes its connection, and serves what waited", async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  const silent = Array.from({ length: 256 }, (_, index) => send(pool, String(index)));
  const waiting = send(pool, "waiting");
  for (let index = 0; index < 256; index++) await within("request", server.next());
  vi.advanceTimersByTime(5_000);
  expect(silent.filter(({ ended }) => ended())).toEqual([]);
  vi.advanceTimersByTime(500);
  expect(silent.filter(({ ended }) => ended())).toHaveLength(256);
  expect(
    new Set((await Promise.all(silent.map(({ end }) => end))).map((end) => JSON.stringify(end))),
  ).toEqual(new Set(['{"problem":"no answer within 5000 ms"}']));
  expect(waiting.ended()).toBe(false);
  await answerNext(server, "x");
  expect(await waiting.end).toMatchObject({ body: "x" });
  expect(server.sockets).toHaveLength(257);
  await within("close", Promise.all(server.sockets.slice(0, 256).map(closeOf)));
});

const closeOf = (socket: RawServer["sockets"][number]): unknown => socket.destroyed || once(socket, "close");

it("gives every request on a connection its own 5 s", async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  for (const name of ["a", "b", "c"]) {
    const sent = send(pool, name);
    const { answer } = await within("request", server.next());
    vi.advanceTimersByTime(4_000);
    answer(answerOf(name));
    expect(await sent.end).toMatchObject({ body: name });
  }
  expect(server.sockets).toHaveLength(1);
});

it("counts the 5 s by no clock that can be set: one set back kept a request waiting for as long", async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  const ahead = send(pool, "ahead");
  await within("request", server.next());
  vi.setSystemTime(Date.now() + HOUR_MS);
  vi.advanceTimersByTime(4_000);
  expect(ahead.ended()).toBe(false);
  vi.setSystemTime(Date.now() - 2 * HOUR_MS);
  vi.advanceTimersByTime(1_500);
  expect(await ahead.end).toEqual({ problem: "no answer within 5000 ms" });
});

it("has a timer while something is under way, and none when idle", async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  expect(vi.getTimerCount()).toBe(0);
  for (const end of ["answer", "reset"]) {
    const sent = [send(pool, "a"), send(pool, "b")];
    expect(vi.getTimerCount()).toBe(1);
    const [first, second] = [await server.next(), await server.next()];
    first.answer(answerOf("x"));
    await Promise.race(sent.map((one) => one.end));
    expect(vi.getTimerCount()).toBe(1);
    if (end === "answer") second.answer(answerOf("x"));
    else second.socket.resetAndDestroy();
    await Promise.all(sent.map((one) => one.end));
    expect(vi.getTimerCount()).toBe(0);
  }
});

it.each([
  ["used again", "after 15 s", 15_000, 1],
  ["not used again", "after longer", 15_001, 2],
  ["not used again", "when the clock was set back: they seemed fresh until it had caught up", -HOUR_MS, 2],
])("idle connections are %s %s", async (_, __, idleMs, connections) => {
  const server = await startRawServer();
  const pool = poolTo(server);
  const both = [send(pool, "a"), send(pool, "b")];
  await answerNext(server, "a");
  await answerNext(server, "b");
  await Promise.all(both.map(({ end }) => end));
  expect(server.sockets).toHaveLength(2);
  vi.setSystemTime(Date.now() + idleMs);
  const sent = send(pool, "c");
  await answerNext(server, "c");
  expect(await sent.end).toMatchObject({ body: "c" });
  expect(server.sockets).toHaveLength(connections + 1);
  if (connections > 1) await within("close", Promise.all(server.sockets.slice(0, 2).map(closeOf)));
});

it("uses a connection for as long as it is never idle for longer than 15 s", async () => {
  const server = await startRawServer({ onRequest: ({ answer }) => answer(answerOf("x")) });
  const pool = poolTo(server);
  for (const name of ["a", "b", "c"]) {
    expect(await send(pool, name).end).toMatchObject({ body: "x" });
    vi.setSystemTime(Date.now() + 10_000);
  }
  expect(server.sockets).toHaveLength(1);
});
