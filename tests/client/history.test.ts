/** Subscriptions that begin with history (`last`), and those for which only the newest event counts (`latest`). */
import { describe, expect, it } from "vitest";
import type { Position, SubscribeOptions, TopicOptions } from "../../packages/client/src/index.ts";
import { createSubscribeClient } from "../../packages/client/src/index.ts";
import { createHarness, createSubscribed, type Harness } from "../support/client-harness.ts";

const at = (offset: number, epoch = "a"): Position => ({ epoch, offset });

/** Subscribes to `room`, and records the offsets and the gaps that the subscriber gets. */
function watch(harness: Harness, options: TopicOptions): { seen: unknown[]; ready: Promise<object> } {
  const seen: unknown[] = [];
  const { ready } = harness.client.subscribe("room", ({ offset }) => seen.push(offset), {
    onGap: ({ reason }) => seen.push(reason),
    ...options,
  });
  return { seen, ready };
}

function createConnected(): Harness {
  const harness = createHarness();
  harness.socket().open();
  return harness;
}

describe("last", () => {
  it("begins with the events that the server says it sends, and `ready` says from where", async () => {
    const harness = createConnected();
    const { seen, ready } = watch(harness, { last: 3 });
    expect(harness.socket().subscribed(9, { from: at(6) })).toMatchObject({ last: 3 });
    harness.socket().events([7, 8, 9]);
    harness.socket().events([10]);
    expect(seen).toEqual([7, 8, 9, 10]);
    expect(await ready).toEqual({ ...at(9), from: at(6) });
  });

  it("delivers live events that arrive before the response after the history", () => {
    const harness = createConnected();
    const { seen } = watch(harness, { last: 2 });
    harness.socket().events([10, 11]);
    harness.socket().subscribed(9, { from: at(7) });
    expect(seen).toEqual([]);
    harness.socket().events([8, 9]);
    expect(seen).toEqual([8, 9, 10, 11]);
  });

  it("of a log with more events than the server sends says so in `ready`", async () => {
    const harness = createConnected();
    const { ready } = watch(harness, { last: 1_000 });
    harness.socket().subscribed(900, { from: at(890), truncated: true });
    expect(await ready).toEqual({ ...at(900), from: at(890), truncated: true });
  });

  it("asks for the part of the history that did not arrive", async () => {
    const harness = createConnected();
    const { seen } = watch(harness, { last: 3 });
    harness.socket().subscribed(9, { from: at(6) });
    harness.socket().events([7]);
    await harness.time.pass(500);
    expect(harness.socket().pong({ room: { ...at(9), recovered: true } }).positions).toEqual({ room: at(7) });
    harness.socket().events([8, 9]);
    expect(seen).toEqual([7, 8, 9]);
  });

  it("sends the own position instead after a reconnection", async () => {
    const harness = createConnected();
    const { seen } = watch(harness, { last: 3 });
    harness.socket().subscribed(1, { from: at(0) });
    harness.socket().events([1]);
    harness.socket().cut();
    await harness.time.pass(500);
    harness.socket().open();
    const again = harness.socket().subscribed(3);
    expect(again.since).toEqual(at(1));
    expect(again.last).toBeUndefined();
    harness.socket().events([2, 3]);
    expect(seen).toEqual([1, 2, 3]);
  });

  it("is sent again after a reconnection if the first response was lost", async () => {
    const harness = createConnected();
    const { seen } = watch(harness, { last: 2 });
    harness.socket().take("SUBSCRIBE");
    harness.socket().cut();
    await harness.time.pass(500);
    harness.socket().open();
    expect(harness.socket().subscribed(5, { from: at(3) }).last).toBe(2);
    harness.socket().events([4, 5]);
    expect(seen).toEqual([4, 5]);
  });

  it("gives way to `since`", () => {
    const harness = createConnected();
    const { seen } = watch(harness, { last: 5, since: at(1) });
    const sent = harness.socket().subscribed(3);
    expect([sent.since, sent.last]).toEqual([at(1), undefined]);
    harness.socket().events([2, 3]);
    expect(seen).toEqual([2, 3]);
  });

  it("of a later subscriber subscribes once more, and only that subscriber gets the history", async () => {
    const harness = await createSubscribed();
    harness.socket().events([1, 2, 3]);
    const late = watch(harness, { last: 2 });
    const sent = harness.socket().subscribed(3, { from: at(1) });
    expect([sent.last, sent.since]).toEqual([2, undefined]);
    harness.socket().events([2, 3]);
    harness.socket().events([4]);
    expect([harness.seen, late.seen]).toEqual([
      [1, 2, 3, 4],
      [2, 3, 4],
    ]);
    expect(await late.ready).toEqual({ ...at(3), from: at(1) });
    expect(harness.socket().sent).toEqual([]);
  });

  it("of several new subscribers is the largest, and each gets as much as it asked for", async () => {
    const harness = createConnected();
    const two = watch(harness, { last: 2 });
    const four = watch(harness, { last: 4 });
    const none = watch(harness, {});
    harness.socket().subscribed(9, { from: at(7) });
    // The second one came while the first SUBSCRIBE was under way
    expect(harness.socket().subscribed(9, { from: at(6), truncated: true })).toMatchObject({ last: 4 });
    harness.socket().events([7, 8, 9, 10]);
    expect([two.seen, four.seen, none.seen]).toEqual([[8, 9, 10], [7, 8, 9, 10], [10]]);
    expect(await four.ready).toEqual({ ...at(9), from: at(6), truncated: true });
  });

  it("of the smaller one among two is not truncated if enough came", async () => {
    const harness = createHarness();
    const one = watch(harness, { last: 1 });
    const many = watch(harness, { last: 100 });
    harness.socket().open();
    harness.socket().subscribed(9, { from: at(4), truncated: true });
    harness.socket().events([5, 6, 7, 8, 9]);
    expect([one.seen, many.seen]).toEqual([[9], [5, 6, 7, 8, 9]]);
    expect(await one.ready).toEqual({ ...at(9), from: at(8) });
  });

  it("beside a subscriber that reconnects costs it no event", async () => {
    const harness = await createSubscribed();
    harness.socket().events([1]);
    harness.socket().cut();
    await harness.time.pass(500);
    const late = watch(harness, { last: 1 });
    harness.socket().open();
    expect(harness.socket().subscribed(4, { from: at(3) }).since).toBeUndefined();
    harness.socket().events([4]);
    await harness.time.pass(250);
    expect(harness.socket().pong({ room: { ...at(4), recovered: true } }).positions).toEqual({ room: at(1) });
    harness.socket().events([2, 3, 4]);
    expect([harness.seen, late.seen]).toEqual([[1, 2, 3, 4], [4]]);
  });

  it("begins with new events if the server does not know it", async () => {
    const harness = createConnected();
    const { seen, ready } = watch(harness, { last: 5 });
    harness.socket().subscribed(9);
    harness.socket().events([10]);
    expect(seen).toEqual([10]);
    expect(await ready).toEqual({ ...at(9), from: at(9) });
  });

  it("works for an iterator", async () => {
    const { client, socket } = createConnected();
    const events = client.events("room", { last: 2 });
    socket().subscribed(5, { from: at(3) });
    socket().events([4, 5]);
    expect(await events.next()).toMatchObject({ value: { offset: 4 } });
    expect(await events.next()).toMatchObject({ value: { offset: 5 } });
  });
});

describe("latest", () => {
  it("delivers the newest event of each message, and neither waits for holes nor reports gaps", async () => {
    const harness = createConnected();
    const { seen } = watch(harness, { latest: true });
    expect(harness.socket().subscribed(4)).toMatchObject({ latest: true });
    for (const offsets of [[5, 6], [9], [7, 8], [9], [12]]) {
      harness.socket().events(offsets);
      await harness.time.pass(0);
    }
    harness.socket().events([1], { epoch: "b" });
    await harness.time.pass(1_000);
    expect(seen).toEqual([6, 9, 12, 1]);
    expect(harness.socket().sent).toEqual([]);
  });

  it("asks for the last event only, if it missed some while it was away", async () => {
    const harness = createConnected();
    const { seen } = watch(harness, { latest: true });
    harness.socket().subscribed(4);
    harness.socket().cut();
    await harness.time.pass(500);
    harness.socket().open();
    expect(harness.socket().subscribed(90, { recovered: false }).since).toEqual(at(4));
    await harness.time.pass(250);
    expect(harness.socket().pong({ room: { ...at(90), recovered: true } }).positions).toEqual({
      room: at(89),
    });
    harness.socket().events([90]);
    await harness.time.pass(5_000);
    expect(seen).toEqual([90]);
  });

  it("gives up a last event that expired, without a gap", async () => {
    const harness = createConnected();
    const { seen } = watch(harness, { latest: true });
    harness.socket().subscribed(4);
    harness.socket().cut();
    await harness.time.pass(500);
    harness.socket().open();
    harness.socket().subscribed(90, { recovered: false });
    await harness.time.pass(250);
    harness.socket().pong({ room: { ...at(90), recovered: false } });
    harness.socket().events([91]);
    await harness.time.pass(0);
    expect(seen).toEqual([91]);
    await harness.time.pass(3_000);
    expect(harness.socket().sent).toEqual([expect.objectContaining({ action: "PING" })]);
  });

  it("continues in a new epoch without events, and after a position that the server does not know", async () => {
    const harness = createConnected();
    const { seen } = watch(harness, { latest: true, since: at(7) });
    harness.socket().subscribed(0, { epoch: "b", recovered: false });
    harness.socket().cut();
    await harness.time.pass(500);
    harness.socket().open();
    expect(harness.socket().subscribed(3, { epoch: "a0", recovered: false }).since).toEqual(at(0, "b"));
    harness.socket().events([4], { epoch: "a0" });
    await harness.time.pass(0);
    expect(seen).toEqual([4]);
  });

  it("gets its own publication", async () => {
    const harness = createConnected();
    const { seen } = watch(harness, { latest: true });
    harness.socket().subscribed(4);
    const promise = harness.client.publish("room", 1);
    harness.socket().published(9);
    await promise;
    expect(seen).toEqual([9]);
  });

  it("with `last: 1` begins with the newest event", async () => {
    const harness = createConnected();
    const { seen } = watch(harness, { latest: true, last: 1 });
    expect(harness.socket().subscribed(4, { from: at(3) })).toMatchObject({ latest: true, last: 1 });
    harness.socket().events([4]);
    await harness.time.pass(0);
    expect(seen).toEqual([4]);
  });

  it("beside a subscriber of all events subscribes to all of them, and gets the newest of each message", async () => {
    const harness = createConnected();
    const newest = watch(harness, { latest: true });
    harness.socket().subscribed(4);
    const stop = harness.client.subscribe("room", ({ offset }) => all.push(offset));
    const all: number[] = [];
    // Not before the server posts every event
    harness.socket().events([6]);
    const again = harness.socket().subscribed(6);
    expect([again.latest, again.since]).toEqual([undefined, at(4)]);
    harness.socket().events([7, 8]);
    await harness.time.pass(0);
    expect([newest.seen, all]).toEqual([
      [6, 8],
      [7, 8],
    ]);
    stop();
    expect(harness.socket().subscribed(8)).toMatchObject({ latest: true, since: at(8) });
  });
});

describe("subscribe refuses", () => {
  const load = async (): Promise<never> => Promise.reject(new Error("unused"));
  const onState = (): void => {};
  it.each<[string, object]>([
    ["load with since", { load, onState, since: at(1) }],
    ["load with last", { load, onState, last: 1 }],
    ["load with latest", { load, onState, latest: true }],
    ["load without onState", { load }],
    ["onState without load", { onState }],
    ["last: 0", { last: 0 }],
    ["last: 1001", { last: 1_001 }],
    ["last: 1.5", { last: 1.5 }],
    ["last as text", { last: "5" }],
    ["latest: false", { latest: false }],
    ["load that is no function", { load: {}, onState }],
    ["an unknown option", { lasst: 5 }],
    ["options that are no object", 5 as unknown as object],
    ["null as options", null as unknown as object],
  ])("%s, with INVALID_ARGUMENT, and sends nothing", (_what, options) => {
    const { client, socket } = createConnected();
    expect(() => client.subscribe("room", () => {}, options)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(socket().sent).toEqual([]);
  });

  it("last in a client that only subscribes", () => {
    const client = createSubscribeClient({ url: "wss://example.com" });
    expect(() => client.subscribe("room", () => {}, { last: 5 } as SubscribeOptions)).toThrow("options.last");
  });
});
