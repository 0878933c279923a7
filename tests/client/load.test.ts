/** Subscriptions that load a state first (`load`), and get the events after it. */
import { describe, expect, it } from "vitest";
import type { LoadedState, Position, Subscription } from "../../packages/client/src/index.ts";
import { createHarness, type Harness, held, NOTHING } from "../support/client-harness.ts";

const at = (offset: number, epoch = "a"): Position => ({ epoch, offset });

interface Load {
  signal: AbortSignal;
  resolve(loaded: unknown): void;
  reject(error: Error): void;
}

interface Loading extends Harness {
  /** The states, such as "state a/5", and the offsets of the events. */
  seen: unknown[];
  /** The calls of `load` so far. */
  loads: Load[];
  subscription: Subscription;
  /** Responds to the newest call of `load`. */
  loaded(position: unknown): Promise<void>;
}

/** Creates a connected client with a subscriber that loads. */
function createLoading(options: { signal?: AbortSignal } = {}): Loading {
  const harness = createHarness();
  const seen: unknown[] = [];
  const loads: Load[] = [];
  const subscription = harness.client.subscribe("room", ({ offset }) => seen.push(offset), {
    load: ({ signal }) =>
      new Promise<LoadedState<string>>((resolve, reject) => {
        loads.push({ signal, resolve: (loaded) => resolve(loaded as LoadedState<string>), reject });
      }),
    onState: (state, { epoch, offset }) => seen.push(`${state} ${epoch}/${offset}`),
    ...options,
  });
  harness.socket().open();
  async function loaded(position: unknown): Promise<void> {
    loads.at(-1)?.resolve({ state: "state", position });
    await harness.time.pass(0);
  }
  return { ...harness, seen, loads, subscription, loaded };
}

const codes = ({ errors }: Harness): string[] => errors.map(({ code }) => code);

describe("load", () => {
  it("is called once the subscription is confirmed, and its state comes before the events after it", async () => {
    const loading = createLoading();
    const { socket, seen, loads, loaded, subscription } = loading;
    expect(loads).toHaveLength(0);
    socket().subscribed(3);
    expect(await subscription.ready).toEqual(at(3));
    expect(loads).toHaveLength(1);
    socket().events([4, 5, 6]);
    expect(seen).toEqual([]);
    await loaded(at(5));
    socket().events([7]);
    expect(seen).toEqual(["state a/5", 6, 7]);
    expect(codes(loading)).toEqual([]);
  });

  it("recovers the events between a position before the subscription and the subscription", async () => {
    const { socket, time, seen, loaded } = createLoading();
    socket().subscribed(9);
    socket().events([10]);
    await loaded(at(7));
    await time.pass(250);
    expect(socket().pong({ room: { ...at(10), recovered: true } }).positions).toEqual({ room: at(7) });
    socket().events([8, 9]);
    expect(seen).toEqual(["state a/7", 8, 9, 10]);
  });

  it("with a position ahead of all events skips those that the state contains", async () => {
    const { socket, seen, loaded } = createLoading();
    socket().subscribed(3);
    await loaded(at(6));
    socket().events([4, 5, 6, 7]);
    expect(seen).toEqual(["state a/6", 7]);
  });

  it("with a position of a later epoch continues there", async () => {
    const { socket, seen, loaded } = createLoading();
    socket().subscribed(3);
    socket().events([4]);
    await loaded(at(1, "b"));
    socket().events([2], { epoch: "b" });
    expect(seen).toEqual(["state b/1", 2]);
  });

  it("is called again after a gap, and the events after it wait for the new state", async () => {
    const loading = createLoading();
    const { socket, time, seen, loads, loaded } = loading;
    socket().subscribed(3);
    await loaded(at(3));
    socket().cut();
    await time.pass(500);
    socket().open();
    socket().subscribed(90, { recovered: false });
    socket().events([91]);
    expect(loads).toHaveLength(2);
    expect(seen).toEqual(["state a/3"]);
    await loaded(at(90));
    expect(seen).toEqual(["state a/3", "state a/90", 91]);
    expect(codes(loading)).toEqual([]);
  });

  it("is called again with delays if its states are too old each time", async () => {
    const { socket, time, seen, loads, loaded } = createLoading();
    socket().subscribed(2_000);
    const calledAt: number[] = [];
    for (let call = 1; call <= 5; call++) {
      calledAt.push(time.now());
      await loaded(at(call));
      while (loads.length === call) {
        await time.pass(100);
        // The history up to the log's end is gone
        while (socket().sent.length > 0) socket().pong({ room: { ...at(2_000), recovered: false } });
      }
    }
    const pauses = calledAt.slice(1).map((ms, index) => ms - (calledAt[index] ?? 0));
    // 300 ms until the server says so, and then the delay
    expect(pauses).toEqual([800, 1_300, 2_300, 4_300]);
    expect(loads).toHaveLength(6);
    expect(seen).toEqual([1, 2, 3, 4, 5].map((offset) => `state a/${offset}`));
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["undefined", undefined],
    ["no position", { epoch: "a" }],
    ["a negative offset", at(-1)],
    ["an older epoch", at(9, "Z")],
  ])("with %s as the position is called again after a pause, and reported", async (_what, position) => {
    const loading = createLoading();
    const { socket, time, seen, loads, loaded } = loading;
    socket().subscribed(3);
    await loaded(position);
    expect(loads).toHaveLength(1);
    expect(codes(loading)).toEqual(["LOAD_FAILED"]);
    await time.pass(500);
    expect(loads).toHaveLength(2);
    await loaded(at(3));
    socket().events([4]);
    expect(seen).toEqual(["state a/3", 4]);
  });

  it.each([
    ["rejects", (load: Load) => load.reject(new Error("down"))],
    ["returns nothing", (load: Load) => load.resolve(undefined)],
  ])("that %s is called again with growing pauses of at most 10 s", async (_what, fail) => {
    const loading = createLoading();
    const { socket, time, loads } = loading;
    socket().subscribed(3);
    const calledAt: number[] = [];
    for (let call = 1; call <= 8; call++) {
      calledAt.push(time.now());
      fail(loads.at(-1) as Load);
      while (loads.length === call) await time.pass(100);
    }
    const pauses = calledAt.slice(1).map((ms, index) => ms - (calledAt[index] ?? 0));
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
    expect(codes(loading)).toEqual(Array(8).fill("LOAD_FAILED"));
    expect(loading.errors[0]?.context).toEqual({ topicId: "room", tries: 1 });
  });

  it("that throws is reported with its error as the cause", async () => {
    const { client, socket, errors, time } = createHarness();
    const cause = new Error("no session");
    const load = (): never => {
      throw cause;
    };
    client.subscribe("room", () => {}, { load, onState: () => {} });
    socket().open();
    socket().subscribed(0);
    await time.pass(0);
    expect(errors).toMatchObject([{ code: "LOAD_FAILED", cause }]);
  });

  it("that takes longer than 30 s is aborted and called again, and its late result is ignored", async () => {
    const loading = createLoading();
    const { socket, time, seen, loads, loaded } = loading;
    socket().subscribed(3);
    await time.pass(2_500);
    socket().pong();
    await time.pass(27_499);
    expect(loads[0]?.signal.aborted).toBe(false);
    await time.pass(1);
    expect(loads[0]?.signal.aborted).toBe(true);
    expect(codes(loading)).toEqual(["LOAD_FAILED"]);
    await time.pass(500);
    loads[0]?.resolve({ state: "late", position: at(3) });
    await loaded(at(3));
    expect(seen).toEqual(["state a/3"]);
  });

  it("keeps 1,000 events while it runs, and gets the others from the log", async () => {
    const { socket, time, seen, loaded } = createLoading();
    socket().subscribed(0);
    const offsets = Array.from({ length: 1_200 }, (_, index) => index + 1);
    socket().events(offsets);
    await loaded(at(0));
    expect(seen).toHaveLength(1_001);
    await time.pass(250);
    expect(socket().pong({ room: { ...at(1_200), recovered: true } }).positions).toEqual({ room: at(1_000) });
    socket().events(offsets.slice(1_000));
    expect(seen).toEqual(["state a/0", ...offsets]);
  });

  it("runs once while the connection is lost and opened again", async () => {
    const { socket, time, seen, loads, loaded } = createLoading();
    socket().subscribed(3);
    socket().cut();
    await time.pass(500);
    socket().open();
    socket().subscribed(5);
    expect(loads).toHaveLength(1);
    await loaded(at(4));
    await time.pass(250);
    expect(socket().pong({ room: { ...at(5), recovered: true } }).positions).toEqual({ room: at(4) });
    socket().events([5]);
    expect(seen).toEqual(["state a/4", 5]);
  });

  it("gets the own publication once", async () => {
    const { client, socket, seen, loaded } = createLoading();
    socket().subscribed(3);
    const before = client.publish("room", 1);
    socket().published(4);
    await before;
    await loaded(at(3));
    const after = client.publish("room", 2);
    socket().published(5);
    await after;
    expect(seen).toEqual(["state a/3", 4, 5]);
  });

  it("of two subscribers is called for each, and each begins at its own state", async () => {
    const harness = createHarness();
    const seen: string[] = [];
    for (const [name, offset] of [
      ["one", 4],
      ["two", 5],
    ] as const) {
      harness.client.subscribe("room", (event) => seen.push(`${name} ${event.offset}`), {
        load: async () => ({ state: name, position: at(offset) }),
        onState: (state, position) => seen.push(`${state} state ${position.offset}`),
      });
    }
    harness.socket().open();
    harness.socket().subscribed(3);
    await harness.time.pass(0);
    harness.socket().events([4, 5, 6]);
    expect(seen).toEqual(["one state 4", "two state 5", "one 5", "one 6", "two 6"]);
  });

  it("reports an onState that throws, and delivers the events", async () => {
    const { client, socket, time, errors } = createHarness();
    const seen: number[] = [];
    client.subscribe("room", ({ offset }) => seen.push(offset), {
      load: async () => ({ state: 1, position: at(3) }),
      onState() {
        throw new Error("bug");
      },
    });
    socket().open();
    socket().subscribed(3);
    await time.pass(0);
    socket().events([4]);
    expect(seen).toEqual([4]);
    expect(errors).toMatchObject([{ code: "CALLBACK_FAILED", message: "onState threw" }]);
  });
});

describe("while load runs", () => {
  const ends: [string, (loading: Loading, controller: AbortController) => void][] = [
    ["unsubscribing", ({ subscription }) => subscription()],
    ["close()", ({ client }) => client.close()],
    ["aborting the signal", (_, controller) => controller.abort()],
  ];

  it.each(ends)("%s aborts it, and its result is ignored", async (_how, end) => {
    const controller = new AbortController();
    const loading = createLoading({ signal: controller.signal });
    const { client, socket, seen, loads, loaded, time, errors } = loading;
    socket().subscribed(3);
    end(loading, controller);
    expect(loads[0]?.signal.aborted).toBe(true);
    await loaded(at(3));
    client.close();
    expect(held(loading)).toEqual(NOTHING);
    await time.pass(60_000);
    expect(loads).toHaveLength(1);
    expect([seen, errors]).toEqual([[], []]);
  });

  it.each(ends)("%s ends the pause before the next call", async (_how, end) => {
    const controller = new AbortController();
    const loading = createLoading({ signal: controller.signal });
    const { client, socket, loads, loaded, time } = loading;
    socket().subscribed(3);
    await loaded(null);
    end(loading, controller);
    client.close();
    expect(held(loading)).toEqual(NOTHING);
    await time.pass(60_000);
    expect(loads).toHaveLength(1);
  });

  it("a call that rejects after the end is reported to nobody", async () => {
    const loading = createLoading();
    const { socket, loads, subscription, time, errors } = loading;
    socket().subscribed(3);
    subscription();
    loads[0]?.reject(new Error("aborted"));
    await time.pass(0);
    expect(errors).toEqual([]);
  });
});
