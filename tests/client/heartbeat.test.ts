import { afterEach, describe, expect, it, vi } from "vitest";
import type { PubsubClientOptions } from "../../packages/client/src/index.ts";
import { createHarness, createSubscribed, type Harness } from "../support/client-harness.ts";

const MINUTE = 60_000;
const room = (offset: number) => ({ room: { epoch: "a", offset } });

/** Lets time pass, confirms the position of each PING, and returns when they were sent, in seconds from now. */
async function secondsOfPings({ time, socket }: Harness, ms: number, confirm = true): Promise<number[]> {
  const startMs = time.now();
  const seconds: number[] = [];
  while (time.now() < startMs + ms) {
    await time.pass(250);
    for (const { action, requestId, positions = {} } of socket().sent.splice(0)) {
      if (action !== "PING") throw new Error(action);
      seconds.push((time.now() - startMs) / 1_000);
      const confirmed = Object.entries(positions).map(([id, at]) => [id, { ...at, recovered: true }]);
      socket().message({
        type: "PONG",
        requestId,
        positions: confirm ? Object.fromEntries(confirmed) : {},
      });
    }
  }
  return seconds;
}

/** The time between PINGs. The first one is counted from now. */
const waits = (seconds: readonly number[]): number[] =>
  seconds.map((second, index) => second - (seconds[index - 1] ?? 0));

/** Half of the spread of 15 s is taken off each wait. */
const JITTER = 7.5;

/** A client whose last event came just now. */
async function createHeard(options: PubsubClientOptions = {}): ReturnType<typeof createSubscribed> {
  const harness = await createSubscribed(options);
  harness.socket().events([1]);
  return harness;
}

function showPage(visibilityState: "hidden" | "visible"): void {
  vi.stubGlobal("document", { visibilityState });
}

afterEach(() => vi.unstubAllGlobals());

describe("the waits between heartbeats", () => {
  it("are 60 s after the last event, then 120 s, then 240 s", async () => {
    const harness = await createHeard();
    const [first, second, ...others] = waits(await secondsOfPings(harness, 20 * MINUTE));
    expect([first, second]).toEqual([60 - JITTER, 120 - JITTER]);
    expect(others).toEqual(others.map(() => 240 - JITTER));
    expect(others.length).toBeGreaterThan(2);
  });

  it.each([
    [{ heartbeatMaxMs: 540_000 }, [60, 120, 240, 480, 540, 540]],
    [{ heartbeatMaxMs: 100_000 }, [60, 100, 100]],
    [{ heartbeatMaxMs: 60_000 }, [60, 60, 60]],
    [{ heartbeatMs: 400_000 }, [400, 400]],
  ])("end at the longest one: %j", async (options, expected) => {
    const harness = await createHeard(options);
    const first = Math.min(...expected);
    const found = waits(await secondsOfPings(harness, 35 * MINUTE)).slice(0, expected.length);
    expect(found).toEqual(expected.map((wait) => wait - first / 8));
  });

  it("are at most the longest one, and at most 15 s less, for any random numbers", async () => {
    let n = 0;
    const harness = await createHeard({ random: () => (n++ * 0.37) % 1 });
    const [, , ...others] = waits(await secondsOfPings(harness, 60 * MINUTE));
    expect(Math.max(...others)).toBeLessThanOrEqual(240.25);
    expect(Math.min(...others)).toBeGreaterThanOrEqual(225);
  });

  it("begin with 60 s again after an event", async () => {
    const harness = await createHeard();
    await secondsOfPings(harness, 10 * MINUTE);
    harness.socket().events([2]);
    const [first = 0, second] = waits(await secondsOfPings(harness, 4 * MINUTE));
    // It ticks once a minute, whether something is due or not
    expect(first).toBeGreaterThanOrEqual(60 - JITTER);
    expect(first).toBeLessThanOrEqual(60);
    expect(second).toBe(120 - JITTER);
  });

  it("begin with 60 s again after a reconnection, a wake-up and another subscription", async () => {
    const restarts: ((harness: Harness) => Promise<void>)[] = [
      async ({ client, socket }) => {
        client.reconnect();
        socket().open();
        socket().subscribed(1);
      },
      async ({ wake }) => wake(),
      async ({ client, socket }) => {
        client.subscribe("other", () => {});
        socket().subscribed(1);
      },
    ];
    for (const restart of restarts) {
      const harness = await createHeard();
      await secondsOfPings(harness, 10 * MINUTE);
      await restart(harness);
      const seconds = await secondsOfPings(harness, 2 * MINUTE);
      expect(seconds.filter((second) => second > 3)).toHaveLength(1);
    }
  });

  it("begin with 60 s again after a gap", async () => {
    const harness = await createHeard();
    const { socket, time, seen } = harness;
    await secondsOfPings(harness, 10 * MINUTE);
    while (socket().sent.length === 0) await time.pass(1_000);
    socket().pong({ room: { epoch: "a", offset: 9, recovered: false } });
    expect(seen).toEqual([1, "a2-a9 history-unavailable"]);
    expect(await secondsOfPings(harness, MINUTE)).toHaveLength(1);
  });

  // A server that is busy leaves topics out, and the client "asks again with its next PING"
  it("stay 60 s while the server does not confirm a position", async () => {
    const harness = await createHeard();
    const found = waits(await secondsOfPings(harness, 10 * MINUTE, false));
    expect(found.length).toBeGreaterThanOrEqual(10);
    expect(Math.max(...found)).toBeLessThanOrEqual(60);
  });

  it("are the longest one at once while the page is hidden", async () => {
    const harness = await createHeard();
    await harness.time.pass(10_000);
    showPage("hidden");
    const hidden = waits(await secondsOfPings(harness, 12 * MINUTE));
    expect(hidden).toEqual([240 - JITTER - 10, 240 - JITTER, 240 - JITTER]);
    harness.socket().events([2]);
    expect(waits(await secondsOfPings(harness, 4 * MINUTE))).toHaveLength(1);
    showPage("visible");
    harness.wake();
    const shown = await secondsOfPings(harness, 2 * MINUTE);
    expect(shown.filter((second) => second > 1)).toHaveLength(1);
  });
});

describe("while events arrive", () => {
  it("no PING is sent", async () => {
    const { socket, time } = await createHeard();
    for (let offset = 2; offset < 80; offset++) {
      await time.pass(40_000);
      socket().events([offset]);
    }
    expect(socket().sent).toEqual([]);
  });

  it("other topics are still asked about within six minutes, but not the busy one", async () => {
    const harness = await createHeard();
    const { client, socket, time } = harness;
    client.subscribe("quiet", () => {});
    socket().subscribed(4);
    await secondsOfPings(harness, 3_000);
    const asked: [number, unknown][] = [];
    const startMs = time.now();
    for (let offset = 2; offset < 80; offset++) {
      await time.pass(10_000);
      socket().events([offset]);
      for (const { positions, requestId } of socket().sent.splice(0)) {
        asked.push([time.now() - startMs, positions]);
        socket().message({ type: "PONG", requestId, positions: {} });
      }
    }
    expect(asked.map(([, positions]) => positions)).toEqual(
      asked.map(() => ({ quiet: { epoch: "a", offset: 4 } })),
    );
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...waits(asked.map(([ms]) => ms)))).toBeLessThanOrEqual(6 * MINUTE);
  });

  it("a subscription that ends is renewed before its end", async () => {
    const { client, socket, time } = createHarness();
    client.subscribe("room", () => {}, { token: async () => "fresh" });
    socket().open();
    await time.pass(0);
    socket().subscribed(0, { expiresAt: 600 });
    let renewedAtMs = 0;
    for (let offset = 1; offset < 70 && !renewedAtMs; offset++) {
      await time.pass(9_000);
      socket().events([offset]);
      if (socket().sent.some(({ action }) => action === "SUBSCRIBE")) renewedAtMs = time.now();
    }
    expect(renewedAtMs).toBeGreaterThan(450_000);
    expect(renewedAtMs).toBeLessThan(490_000);
  });
});

it("finds a lost last event with the first heartbeat after it", async () => {
  const harness = await createHeard();
  const { socket, time, seen } = harness;
  // The event 2 was lost
  await time.pass(MINUTE);
  expect(socket().pong({ room: { epoch: "a", offset: 2, recovered: true } }).positions).toEqual(room(1));
  socket().events([2]);
  expect(seen).toEqual([1, 2]);
});

describe("heartbeats", () => {
  it("name at most 100 topics each and fit into a frame of 32,768 bytes", async () => {
    const { client, socket, time } = createHarness();
    const topics = Array.from({ length: 230 }, (_, index) => `topic-${index}`);
    const long = Array.from({ length: 60 }, (_, index) => `${index}${"語".repeat(165)}`);
    for (const topicId of [...topics, ...long, "__proto__"]) client.subscribe(topicId, () => {});
    socket().open();
    for (const _ of [...topics, ...long, ""]) socket().subscribed(1);
    await time.pass(3_000);
    const pings = socket().sent.map((frame) => ({ ...frame, text: JSON.stringify(frame) }));
    expect(pings.every(({ text }) => new TextEncoder().encode(text).length <= 32_768)).toBe(true);
    expect(pings.every(({ positions }) => Object.keys(positions ?? {}).length <= 100)).toBe(true);
    const named = pings.flatMap(({ positions }) => Object.keys(positions ?? {}));
    expect(named.toSorted()).toEqual([...topics, ...long, "__proto__"].toSorted());
  });

  it("continue without a topic, before the idle timeout", async () => {
    const { socket, time } = createHarness();
    socket().open();
    await time.pass(60_000);
    expect(socket().take("PING").positions).toEqual({});
  });
});
