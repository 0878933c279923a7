import { once } from "node:events";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Exchanged } from "../../../packages/pubsub/src/aws/transport/exchange.ts";
import {
  createHttpPool,
  type HttpPool,
  type HttpPoolOptions,
  type Patience,
} from "../../../packages/pubsub/src/aws/transport/http-pool.ts";
import { within } from "../../support/eventually.ts";
import { answerOf, type RawServer, startRawServer } from "../../support/raw-server.ts";

const HOUR_MS = 3_600_000;
const ANSWER_MS_MAX = 5_000;
const UNPROVEN_MAX = 8;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance", "Date"] }));
afterEach(() => void vi.useRealTimers());

const poolTo = ({ port }: RawServer, options: HttpPoolOptions = { maxAnswerMs: ANSWER_MS_MAX }): HttpPool =>
  createHttpPool({ secure: false, hostname: "127.0.0.1", port }, options);

const noAnswer = (ms: number): Exchanged => ({
  kind: "no-answer",
  problem: `no response within ${ms} ms`,
  retryable: true,
});

const noConnection = (problem: string): Exchanged => ({ kind: "no-connection", problem, retryable: true });

function send(
  pool: HttpPool,
  name: string,
  patience?: Patience,
): { end: Promise<Exchanged>; ended(): boolean } {
  let ended = false;
  const end = new Promise<Exchanged>((resolve) => {
    const done = (exchanged: Exchanged): void => {
      ended = true;
      resolve(exchanged);
    };
    pool.exchange(`POST /${name} HTTP/1.1\r\n\r\n`, Buffer.alloc(0), done, patience);
  });
  return { end: within(`end of ${name}`, end), ended: () => ended };
}

async function answerNext(server: RawServer, body: string): Promise<void> {
  (await within("request", server.next())).answer(answerOf(body));
}

/** Lets the event loop read. The pool ends an overdue request only after the loop has read what has arrived. */
const loopTurns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
};

it("ends requests without a response in time, closes their connections, and serves the waiting request", async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  const silent = Array.from({ length: UNPROVEN_MAX }, (_, index) => send(pool, String(index)));
  const waiting = send(pool, "waiting");
  for (let index = 0; index < UNPROVEN_MAX; index++) await within("request", server.next());
  vi.advanceTimersByTime(ANSWER_MS_MAX);
  await loopTurns();
  expect(silent.filter(({ ended }) => ended())).toEqual([]);
  vi.advanceTimersByTime(500);
  const ends = await Promise.all(silent.map(({ end }) => end));
  expect(ends).toEqual(Array(UNPROVEN_MAX).fill(noAnswer(ANSWER_MS_MAX)));
  expect(waiting.ended()).toBe(false);
  await answerNext(server, "x");
  expect(await waiting.end).toMatchObject({ body: "x" });
  expect(server.sockets).toHaveLength(UNPROVEN_MAX + 1);
  await within("close", Promise.all(server.sockets.slice(0, UNPROVEN_MAX).map(closeOf)));
});

it("waits 30 s for a response by default, which is longer than any timeout of API Gateway", async () => {
  const server = await startRawServer();
  const sent = send(poolTo(server, {}), "a");
  await within("request", server.next());
  vi.advanceTimersByTime(30_000);
  await loopTurns();
  expect(sent.ended()).toBe(false);
  vi.advanceTimersByTime(500);
  expect(await sent.end).toEqual(noAnswer(30_000));
});

it("measures the time for a response from the writing of the request, not from the start of its wait", async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  const first = Array.from({ length: UNPROVEN_MAX }, (_, index) => send(pool, String(index)));
  const waiting = send(pool, "waiting");
  for (let index = 0; index < UNPROVEN_MAX; index++) await within("request", server.next());
  vi.advanceTimersByTime(4_000);
  server.requests[0]?.answer(answerOf("x"));
  const { answer } = await within("request", server.next());
  vi.advanceTimersByTime(4_000);
  await Promise.all(first.slice(1).map(({ end }) => end));
  expect(waiting.ended()).toBe(false);
  answer(answerOf("x"));
  expect(await waiting.end).toMatchObject({ body: "x" });
});

it("ends a request without sending it if no connection is free for 10 s", async () => {
  const server = await startRawServer();
  const pool = poolTo(server, { maxAnswerMs: 60_000 });
  for (let index = 0; index < UNPROVEN_MAX; index++) {
    void send(pool, String(index)).end.catch(() => {});
    await within("request", server.next());
  }
  const waiting = send(pool, "waiting");
  vi.advanceTimersByTime(10_000);
  await loopTurns();
  expect(waiting.ended()).toBe(false);
  vi.advanceTimersByTime(500);
  expect(await waiting.end).toEqual(noConnection("no connection within 10000 ms"));
  expect(server.requests).toHaveLength(UNPROVEN_MAX);
});

it("ends all requests if no connection is ready after 5 s", async () => {
  const silent = await startRawServer();
  const pool = createHttpPool({ secure: true, hostname: "127.0.0.1", port: silent.port });
  const sent = Array.from({ length: 50 }, (_, index) => send(pool, String(index)));
  while (silent.sockets.length < UNPROVEN_MAX) await loopTurns();
  vi.advanceTimersByTime(5_500);
  const ends = await Promise.all(sent.map(({ end }) => end));
  expect(ends).toEqual(Array(50).fill(noConnection("not connected within 5000 ms")));
  expect(silent.sockets).toHaveLength(UNPROVEN_MAX);
});

it("ends sent and waiting requests after giveUpAfterMs", async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  const sent = Array.from({ length: UNPROVEN_MAX + 1 }, (_, index) =>
    send(pool, String(index), { giveUpAfterMs: 1_000 }),
  );
  for (let index = 0; index < UNPROVEN_MAX; index++) await within("request", server.next());
  vi.advanceTimersByTime(1_250);
  const ends = await Promise.all(sent.map(({ end }) => end));
  expect(ends.slice(0, -1)).toEqual(Array(UNPROVEN_MAX).fill(noAnswer(1_000)));
  expect(ends.at(-1)).toEqual(noConnection("no connection within 1000 ms"));
});

it("does not send a request after sendWithinMs, even if a connection is free again", async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  const sent = Array.from({ length: UNPROVEN_MAX }, (_, index) =>
    send(pool, String(index), { sendWithinMs: 1_000 }),
  );
  const late = send(pool, "late", { sendWithinMs: 1_000 });
  for (let index = 0; index < UNPROVEN_MAX; index++) await within("request", server.next());
  // This is between two checks of the pool: the next check is at 1,250 ms
  vi.advanceTimersByTime(1_100);
  for (const { answer } of server.requests) answer(answerOf("x"));
  expect(await late.end).toEqual(noConnection("no connection within 1000 ms"));
  for (const { end } of sent) expect(await end).toMatchObject({ body: "x" });
  expect(server.requests).toHaveLength(UNPROVEN_MAX);
});

const closeOf = (socket: RawServer["sockets"][number]): unknown => socket.destroyed || once(socket, "close");

it("gives each request on a connection its own 5 s", async () => {
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

// A clock that was set back used to keep a request waiting for just as long
it("measures the 5 s correctly if the system clock is set forward or back", async () => {
  const server = await startRawServer();
  const pool = poolTo(server);
  const ahead = send(pool, "ahead");
  await within("request", server.next());
  vi.setSystemTime(Date.now() + HOUR_MS);
  vi.advanceTimersByTime(4_000);
  await loopTurns();
  expect(ahead.ended()).toBe(false);
  vi.setSystemTime(Date.now() - 2 * HOUR_MS);
  vi.advanceTimersByTime(1_500);
  expect(await ahead.end).toEqual(noAnswer(ANSWER_MS_MAX));
});

it("runs one timer while requests are under way, and no timer while it is idle", async () => {
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
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0), { timeout: 120_000 });
  }
});

it.each([
  ["uses", "after 15 s", 15_000, 1],
  ["does not use", "after more than 15 s", 15_001, 2],
  // They used to seem fresh until the clock had caught up
  ["does not use", "after the clock was set back", -HOUR_MS, 2],
])("%s idle connections again %s", async (_, __, idleMs, connections) => {
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

it("uses a connection as long as it is never idle for more than 15 s", async () => {
  const server = await startRawServer({ onRequest: ({ answer }) => answer(answerOf("x")) });
  const pool = poolTo(server);
  for (const name of ["a", "b", "c"]) {
    expect(await send(pool, name).end).toMatchObject({ body: "x" });
    vi.setSystemTime(Date.now() + 10_000);
  }
  expect(server.sockets).toHaveLength(1);
});
