import { expect, it } from "vitest";
import { createHarness, createSubscribed, type Harness } from "../support/client-harness.ts";

type Iterator = AsyncIterableIterator<{ offset: number }, undefined>;

async function reading(options = {}): Promise<Harness & { events: Iterator }> {
  const harness = createHarness();
  const events = harness.client.events("room", options);
  harness.socket().open();
  harness.socket().subscribed(0);
  return { ...harness, events };
}

/** Returns the offsets that a `for await` reads, and the error that ends it. */
async function read(events: Iterator): Promise<{ offsets: number[]; error: unknown }> {
  const offsets: number[] = [];
  try {
    for await (const { offset } of events) offsets.push(offset);
    return { offsets, error: undefined };
  } catch (error) {
    return { offsets, error };
  }
}

it("reads buffered events and new events in order", async () => {
  const { events, socket } = await reading();
  socket().events([1, 2]);
  const first = [await events.next(), await events.next()];
  const waiting = [events.next(), events.next()];
  socket().events([3, 4]);
  const offsets = [...first, ...(await Promise.all(waiting))].map(({ value }) => value?.offset);
  expect(offsets).toEqual([1, 2, 3, 4]);
});

it("unsubscribes when the loop ends with break", async () => {
  const { events, socket } = await reading();
  socket().events([1, 2]);
  for await (const { offset } of events) if (offset === 1) break;
  socket().take("UNSUBSCRIBE");
  expect(await events.next()).toEqual({ value: undefined, done: true });
});

it("ends with BUFFER_OVERFLOW after bufferLimit events, with the position to resume from", async () => {
  const { events, socket } = await reading({ bufferLimit: 3 });
  socket().events([1, 2, 3, 4, 5]);
  socket().take("UNSUBSCRIBE");
  const { offsets, error } = await read(events);
  expect(offsets).toEqual([1, 2, 3]);
  expect(error).toMatchObject({ code: "BUFFER_OVERFLOW", resumeFrom: { epoch: "a", offset: 3 } });
  expect(String(error)).toContain("resume from a/3");
  expect(await events.next()).toEqual({ value: undefined, done: true });
});

it("holds 1,000 events by default", async () => {
  const { events, socket } = await reading();
  socket().events(Array.from({ length: 1_001 }, (_, index) => index + 1));
  const { offsets, error } = await read(events);
  expect([offsets.length, error]).toMatchObject([1_000, { code: "BUFFER_OVERFLOW" }]);
});

it("ends with HISTORY_GONE at a gap if there is no onGap", async () => {
  const gaps: unknown[] = [];
  const since = { epoch: "a", offset: 2 };
  for (const onGap of [undefined, (gap: unknown) => gaps.push(gap)]) {
    const { client, socket } = createHarness();
    const events = client.events("room", { since, onGap });
    socket().open();
    socket().events([3]);
    socket().subscribed(9, { recovered: false });
    socket().pong({ room: { epoch: "a", offset: 9, recovered: false } });
    socket().events([10]);
    const reads = read(events);
    await new Promise((resolve) => setImmediate(resolve));
    client.close();
    const { offsets, error } = await reads;
    if (onGap) expect([offsets, error]).toEqual([[3, 10], undefined]);
    else
      expect([offsets, error]).toMatchObject([
        [3],
        { code: "HISTORY_GONE", resumeFrom: { epoch: "a", offset: 9 } },
      ]);
  }
  expect(gaps).toHaveLength(1);
});

it("ends without an error after abort, return() and close(), also for waiting readers", async () => {
  const abort = new AbortController();
  const { client, events, socket } = await reading({ signal: abort.signal });
  const other = client.events("room");
  const third = client.events("room");
  const waiting = [events.next(), other.next(), third.next()];
  abort.abort();
  await other.return?.();
  client.close();
  for (const result of await Promise.all(waiting)) expect(result).toEqual({ value: undefined, done: true });
  expect(socket().sent).toEqual([]);
  const aborted = client.events("room", { signal: AbortSignal.abort() });
  expect(await aborted.next()).toEqual({ value: undefined, done: true });
});

it("rejects with the error that the server sent", async () => {
  const { client, socket } = createHarness();
  const events = client.events("room");
  const waiting = events.next();
  socket().open();
  socket().refuse("FORBIDDEN");
  await expect(waiting).rejects.toMatchObject({ code: "REFUSED" });
  const { client: another, socket: its } = await createSubscribed();
  const iterator = another.events("room");
  its().cut(4401);
  await expect(iterator.next()).rejects.toMatchObject({ code: "CONNECTION_REFUSED" });
});
