/** When the client has a connection: from the first subscription or `connect()` on, until nothing needs it. */
import { describe, expect, it } from "vitest";
import type { ClientState } from "../../packages/client/src/index.ts";
import {
  createHarness,
  createIdleHarness,
  type Harness,
  held,
  ignore,
  NOTHING,
} from "../support/client-harness.ts";

/** The test does not answer every request. */
const PATIENT = { heartbeatMs: 500_000, answerTimeoutMs: 500_000 };

describe("a new client", () => {
  it("is idle, opens nothing, and holds neither timers nor listeners", async () => {
    const harness = createIdleHarness();
    harness.client.onStateChange(ignore);
    await harness.time.pass(600_000);
    expect([harness.client.state, held(harness)]).toEqual(["idle", NOTHING]);
  });

  it.each(["subscribe", "events"] as const)("connects at the first call of %s", async (method) => {
    const { client, sockets, socket, time } = createIdleHarness();
    const states: ClientState[] = [];
    client.onStateChange((state) => states.push(state));
    if (method === "subscribe") client.subscribe("room", ignore);
    else void client.events("room");
    expect([client.state, sockets]).toEqual(["idle", []]);
    await time.pass(0);
    socket().open();
    expect(states).toEqual(["connecting", "open"]);
    expect(socket().take("SUBSCRIBE").topicId).toBe("room");
  });

  it("opens one socket for subscribe, unsubscribe and subscribe in one task", async () => {
    const { client, sockets, time } = createIdleHarness();
    client.subscribe("room", ignore)();
    client.subscribe("room", ignore);
    await time.pass(0);
    expect(sockets).toHaveLength(1);
  });

  it("opens nothing for a subscription that ends in the same task", async () => {
    const harness = createIdleHarness();
    harness.client.subscribe("room", ignore)();
    harness.client.subscribe("room", ignore);
    harness.client.close();
    await harness.time.pass(60_000);
    expect([harness.sockets.length, held(harness)]).toEqual([0, NOTHING]);
  });

  it("ignores wake-ups while it is idle or closed", async () => {
    const { client, sockets, wake } = createIdleHarness();
    wake();
    client.close();
    wake();
    expect(sockets).toEqual([]);
  });

  it("needs a WebSocket class only when it subscribes or connects", () => {
    const globals = globalThis as { WebSocket?: unknown };
    const { WebSocket: before } = globals;
    try {
      globals.WebSocket = undefined;
      const { client } = createIdleHarness({ webSocket: undefined });
      const calls = [
        () => client.subscribe("room", ignore),
        () => client.connect(),
        () => client.reconnect(),
      ];
      for (const call of calls) expect(call).toThrow(/^options\.webSocket must be a function; got undefined/);
      client.close();
    } finally {
      globals.WebSocket = before;
    }
  });
});

describe("a client without subscriptions", () => {
  it("closes its connection after idleTimeoutMs, and connects again for the next one", async () => {
    const harness = createIdleHarness({ ...PATIENT, idleTimeoutMs: 20_000 });
    const { client, socket, sockets, time } = harness;
    const stop = client.subscribe("room", ignore);
    await time.pass(0);
    socket().open();
    socket().subscribed(0);
    stop();
    await time.pass(19_999);
    expect([client.state, socket().closed]).toEqual(["open", undefined]);
    await time.pass(1);
    expect([client.state, socket().closed?.reason, held(harness)]).toEqual(["idle", "idle", NOTHING]);
    client.subscribe("room", ignore);
    await time.pass(0);
    socket().open();
    expect([client.state, sockets.length]).toEqual(["open", 2]);
    expect(socket().take("SUBSCRIBE").topicId).toBe("room");
  });

  it("waits 30 s by default, again after each subscription", async () => {
    const { client, socket, time } = createIdleHarness(PATIENT);
    const stop = client.subscribe("room", ignore);
    await time.pass(0);
    socket().open();
    stop();
    await time.pass(29_000);
    client.subscribe("room", ignore)();
    await time.pass(29_999);
    expect(client.state).toBe("open");
    await time.pass(1);
    expect(client.state).toBe("idle");
  });

  it("closes at once with an idleTimeoutMs of 0", async () => {
    const { client, time } = createIdleHarness({ idleTimeoutMs: 0 });
    const stop = client.subscribe("room", ignore);
    await time.pass(0);
    expect(client.state).toBe("connecting");
    stop();
    await time.pass(0);
    expect(client.state).toBe("idle");
  });

  it("gives up an attempt, its delay and a rotation too", async () => {
    for (const phase of ["getUrl", "handshake", "delay", "rotation"]) {
      const urls: ((url: string) => void)[] = [];
      const getUrl = (): Promise<string> => new Promise((resolve) => urls.push(resolve));
      const harness = createIdleHarness({
        getUrl: phase === "getUrl" ? getUrl : undefined,
        maxConnectionAgeMs: 10_000,
        backoff: { baseMs: 200_000, maxMs: 200_000 },
      });
      const stop = harness.client.subscribe("room", ignore);
      await harness.time.pass(0);
      if (phase === "delay") harness.socket().cut();
      if (phase === "rotation") {
        harness.socket().open();
        harness.socket().subscribed(0);
        await harness.time.pass(9_999);
      }
      stop();
      await harness.time.pass(30_000);
      for (const resolve of urls) resolve("wss://late.example");
      await harness.time.pass(0);
      expect([harness.client.state, held(harness)], phase).toEqual(["idle", NOTHING]);
    }
  });
});

describe("connect", () => {
  it("connects at once and keeps the connection without subscriptions until close()", async () => {
    const harness = createIdleHarness(PATIENT);
    const { client, socket, sockets, time } = harness;
    client.connect();
    expect([client.state, sockets.length]).toEqual(["connecting", 1]);
    socket().open();
    client.connect();
    client.subscribe("room", ignore)();
    await time.pass(100_000);
    expect([client.state, sockets.length]).toEqual(["open", 1]);
    client.close();
    expect([client.state, held(harness)]).toEqual(["closed", NOTHING]);
  });

  it("keeps the connection of a client whose idle time has begun", async () => {
    const { client, time } = createIdleHarness(PATIENT);
    const stop = client.subscribe("room", ignore);
    await time.pass(0);
    stop();
    await time.pass(29_000);
    client.connect();
    await time.pass(29_000);
    expect(client.state).toBe("connecting");
  });

  it("does not wait for the delay after a failed attempt", () => {
    const { client, socket, sockets } = createHarness({ backoff: { baseMs: 30_000 } });
    socket().cut();
    client.connect();
    expect(sockets).toHaveLength(2);
  });
});

describe("reconnect", () => {
  it("moves the subscriptions to a new URL without a gap while the old connection is open", async () => {
    let urls = 0;
    const getUrl = (): string => `wss://x/?token=${++urls}`;
    const { client, sockets, time, seen } = await createSubscribedBy(getUrl);
    client.reconnect();
    await time.pass(0);
    const [old, next] = sockets;
    expect([old?.url, next?.url]).toEqual(["wss://x/?token=1", "wss://x/?token=2"]);
    old?.events([1]);
    next?.open();
    expect(next?.subscribed(2).since).toEqual({ epoch: "a", offset: 1 });
    old?.events([2]);
    next?.events([2, 3]);
    await time.pass(2_000);
    expect([seen, old?.closed?.reason, client.state]).toEqual([[1, 2, 3], "rotated", "open"]);
  });

  it("replaces an attempt of any age, and starts the delays from the shortest", async () => {
    const { client, socket, sockets, time } = createHarness({ backoff: { baseMs: 1_000 } });
    for (let tries = 0; tries < 4; tries++) {
      const known = sockets.length;
      socket().cut();
      while (sockets.length === known) await time.pass(100);
    }
    const replaced = socket();
    client.reconnect();
    expect([replaced.closed?.reason, socket() === replaced]).toEqual(["unanswered", false]);
    const known = sockets.length;
    socket().cut();
    await time.pass(500);
    expect(sockets).toHaveLength(known + 1);
  });

  it("does nothing for an idle client, and connects a closed one that has subscriptions", () => {
    const { client, sockets } = createIdleHarness();
    client.reconnect();
    expect([client.state, sockets.length]).toEqual(["idle", 0]);
    client.close();
    client.subscribe("room", ignore);
    client.reconnect();
    expect([client.state, sockets.length]).toEqual(["connecting", 1]);
  });
});

async function createSubscribedBy(getUrl: () => string): Promise<Harness & { seen: number[] }> {
  const harness = createIdleHarness({ getUrl });
  const seen: number[] = [];
  harness.client.subscribe("room", ({ offset }) => seen.push(offset));
  await harness.time.pass(0);
  harness.socket().open();
  harness.socket().subscribed(0);
  return { ...harness, seen };
}
