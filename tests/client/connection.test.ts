import { describe, expect, it } from "vitest";
import { fullJitterMs } from "../../packages/client/src/backoff.ts";
import { browserEnvironment } from "../../packages/client/src/environment.ts";
import type { ClientState } from "../../packages/client/src/index.ts";
import { isFatalCloseCode } from "../../packages/client/src/web-socket.ts";
import { createHarness, createSubscribed } from "../support/client-harness.ts";

describe("states", () => {
  it("go from connecting to open, reconnecting and closed", async () => {
    const { client, socket, time } = createHarness();
    const states: ClientState[] = [client.state];
    const stop = client.onStateChange((state) => states.push(state));
    socket().open();
    socket().cut();
    await time.pass(30_000);
    socket().open();
    stop();
    client.close();
    expect(states).toEqual(["connecting", "open", "reconnecting", "open"]);
    expect(client.state).toBe("closed");
  });

  it("stay connecting until a first connection stood", async () => {
    const { client, socket, sockets, time, errors } = createHarness();
    socket().cut(1006);
    expect(client.state).toBe("connecting");
    await time.pass(500);
    expect(sockets).toHaveLength(2);
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ["CONNECT_FAILED", "could not connect: closed with 1006"],
    ]);
  });

  it("a listener that throws is reported, and does not keep the others from hearing", () => {
    const { client, socket, errors } = createHarness();
    const states: ClientState[] = [];
    client.onStateChange(() => {
      throw new Error("mine");
    });
    client.onStateChange((state) => states.push(state));
    socket().open();
    expect(states).toEqual(["open"]);
    expect(errors[0]).toMatchObject({ code: "CALLBACK_FAILED", cause: { message: "mine" } });
  });
});

describe("attempts", () => {
  it("wait longer and longer, up to the longest window, each anything up to its window", async () => {
    const { socket, sockets, time } = createHarness({ backoff: { baseMs: 1_000, maxMs: 8_000 } });
    const waits: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      const startedAtMs = time.now();
      const before = sockets.length;
      socket().cut();
      while (sockets.length === before) await time.pass(10);
      waits.push(time.now() - startedAtMs);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 4_000, 4_000]);
    expect(fullJitterMs({ baseMs: 1_000, maxMs: 8_000 }, 2_000, () => 0.999)).toBeCloseTo(7_992);
  });

  it("count from nothing again only after a connection that lasted", async () => {
    const { socket, sockets, time } = createHarness({ backoff: { baseMs: 1_000, stableMs: 5_000 } });
    const cutAfter = async (ms: number): Promise<number> => {
      socket().open();
      await time.pass(ms);
      const before = sockets.length;
      const startedAtMs = time.now();
      socket().cut();
      while (sockets.length === before) await time.pass(10);
      return time.now() - startedAtMs;
    };
    expect([await cutAfter(10), await cutAfter(10), await cutAfter(10)]).toEqual([500, 1_000, 2_000]);
    expect(await cutAfter(5_000)).toBe(500);
  });

  it("are given up when they hang, and another one follows", async () => {
    const { socket, sockets, time, errors } = createHarness();
    await time.pass(30_300);
    expect(sockets).toHaveLength(2);
    expect(sockets[0]?.closed).toBeDefined();
    expect(errors[0]?.message).toBe("could not connect: no answer");
    socket().open();
    expect(socket()).toBe(sockets[1]);
  });

  it("get a new URL each", async () => {
    let urls = 0;
    const { socket, time, client } = createHarness({
      url: undefined,
      getUrl: async () => `wss://x/?token=${++urls}`,
    });
    expect(client.state).toBe("connecting");
    await time.pass(0);
    expect(socket().url).toBe("wss://x/?token=1");
    socket().cut();
    await time.pass(500);
    expect(socket().url).toBe("wss://x/?token=2");
  });

  it("go on when there is no URL to be had, and tell no token", async () => {
    const answers = [
      () => Promise.reject(new Error("no session")),
      () => {
        throw new Error("sync");
      },
      () => "https://x/?token=secret",
      () => "wss://x/",
    ];
    const { sockets, time, errors } = createHarness({ getUrl: () => answers.shift()?.() as string });
    await time.pass(10_000);
    expect(sockets.map(({ url }) => url)).toEqual(["wss://x/"]);
    expect(errors.map(({ message }) => message)).toEqual(Array(3).fill("could not connect: getUrl failed"));
    expect(errors[0]).toMatchObject({ code: "CONNECT_FAILED", cause: { message: "no session" } });
    expect(String(errors[2]?.cause)).not.toContain("secret");
  });

  it("survive a WebSocket class that throws, whose message has the URL in it", async () => {
    class Broken {
      constructor(url: string) {
        throw new SyntaxError(`bad ${url}`);
      }
      send(): void {}
      close(): void {}
      addEventListener(): void {}
    }
    const { errors, time } = createHarness({ webSocket: Broken, url: "wss://x/?token=secret" });
    await time.pass(300);
    expect(errors.length).toBeGreaterThan(1);
    expect(errors[0]?.message).toBe("could not connect: SyntaxError");
    expect(errors[0]?.cause).toBeUndefined();
  });

  it("follow an error event that no close event comes after", async () => {
    const { socket, sockets, time } = createHarness();
    socket().fire("error");
    socket().cut();
    await time.pass(500);
    expect(sockets).toHaveLength(2);
  });
});

describe("close codes", () => {
  it.each([1008, 4400, 4401, 4499])("%i closes the client for good", async (code) => {
    const { client, socket, sockets, time, errors, stop } = await createSubscribed();
    const waiting = client.subscribe("other", () => {});
    socket().cut(code);
    expect(client.state).toBe("closed");
    expect(errors.map((error) => error.code)).toEqual(["CONNECTION_REFUSED"]);
    await expect(waiting.ready).rejects.toMatchObject({
      code: "CONNECTION_REFUSED",
      context: { closeCode: code },
    });
    await stop.ready;
    await time.pass(600_000);
    expect([sockets.length, time.timers]).toEqual([1, 0]);
  });

  it("all others are tried again", () => {
    const others = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 1011, 1012, 1013, 3000, 4000, 4399, 4500];
    expect(others.filter(isFatalCloseCode)).toEqual([]);
  });
});

describe("a socket that is given up", () => {
  it("is closed after its own close event, because it may reconnect by itself", () => {
    const { socket, sockets } = createHarness();
    socket().open();
    expect(sockets[0]?.closed).toBeUndefined();
    socket().cut(1001);
    expect(sockets[0]?.closed?.code).toBe(1000);
  });

  it("is closed again, and not used, when it opens after its close()", async () => {
    const { client, sockets, time } = createHarness();
    await time.pass(31_000);
    const [late, current] = sockets;
    expect(late?.closed?.reason).toBe("unanswered");
    Object.assign(late as object, { closed: undefined });
    late?.open();
    expect(late?.closed).toBeDefined();
    expect(client.state).toBe("connecting");
    current?.open();
    expect([client.state, current?.closed]).toEqual(["open", undefined]);
  });

  it("does not keep the client from reconnecting when its close() throws, which is reported", async () => {
    const { client, socket, sockets, errors, time } = createHarness();
    socket().open();
    socket().close = () => {
      throw new Error("not now");
    };
    socket().cut(1001);
    expect(errors).toMatchObject([{ code: "CALLBACK_FAILED", message: "webSocket.close threw" }]);
    await time.pass(500);
    expect(sockets).toHaveLength(2);
    socket().open();
    expect(client.state).toBe("open");
  });
});

describe("half-open connections", () => {
  it("are left when a heartbeat stays without any answer", async () => {
    const { client, sockets, time } = await createSubscribed({ heartbeatMs: 20_000 });
    await time.pass(17_500 + 10_000);
    expect(sockets[0]?.closed?.reason).toBe("unanswered");
    expect(client.state).toBe("reconnecting");
    await time.pass(500);
    expect(sockets).toHaveLength(2);
  });

  it("are not what a connection is on which only the answer was lost", async () => {
    const { client, socket, time, seen } = await createSubscribed({ heartbeatMs: 20_000 });
    await time.pass(20_000);
    socket().events([1]);
    await time.pass(6_000);
    expect([client.state, seen]).toEqual(["open", [1]]);
  });
});

describe("rotation", () => {
  it("takes over before the old connection goes, without a gap and without a duplicate", async () => {
    const { client, sockets, time, seen } = await createSubscribed({
      maxConnectionAgeMs: 100_000,
      heartbeatMs: 500_000,
    });
    const [old] = sockets;
    old?.events([1, 2]);
    await time.pass(92_001); // 5 % of jitter
    const [, next] = sockets;
    if (!old || !next) throw new Error("no second connection");
    expect(old.closed).toBeUndefined();
    next.open();
    expect(next.take("SUBSCRIBE").since).toEqual({ epoch: "a", offset: 2 });
    expect(client.state).toBe("open");
    old.events([3]);
    await time.pass(5_000);
    expect(old.closed).toBeUndefined();
    next.message({
      type: "SUBSCRIBED",
      requestId: "1",
      topicId: "room",
      epoch: "a",
      offset: 3,
      recovered: true,
    });
    next.events([3, 4]);
    old.events([4, 5]);
    await time.pass(2_000);
    expect(old.closed?.reason).toBe("rotated");
    old.events([6]);
    next.events([5]);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it("keeps the old connection for as long as the new one does not come about", async () => {
    const { client, sockets, time, seen } = await createSubscribed({
      maxConnectionAgeMs: 100_000,
      heartbeatMs: 500_000,
    });
    await time.pass(92_001);
    sockets[1]?.cut();
    await time.pass(500);
    sockets[0]?.events([1]);
    sockets[2]?.cut();
    expect([client.state, seen, sockets[0]?.closed]).toEqual(["open", [1], undefined]);
  });

  it("is the reconnection when the old connection is cut meanwhile", async () => {
    const { client, sockets, time } = await createSubscribed({
      maxConnectionAgeMs: 100_000,
      heartbeatMs: 500_000,
    });
    await time.pass(92_001);
    sockets[0]?.cut(1001);
    expect(client.state).toBe("reconnecting");
    sockets[1]?.open();
    expect(client.state).toBe("open");
    expect(sockets[1]?.subscribed(0).since).toEqual({ epoch: "a", offset: 0 });
    await time.pass(10_000);
    expect(sockets).toHaveLength(2);
  });

  it("does not hold the old connection's place when there is nothing subscribed", async () => {
    const { sockets, time } = createHarness({ maxConnectionAgeMs: 100_000, heartbeatMs: 500_000 });
    sockets[0]?.open();
    await time.pass(95_001);
    sockets[1]?.open();
    await time.pass(2_000);
    expect(sockets[0]?.closed?.reason).toBe("rotated");
  });
});

describe("wake-ups", () => {
  it("try at once what would have waited", async () => {
    const { socket, sockets, wake, time } = createHarness({ backoff: { baseMs: 30_000 } });
    socket().cut();
    expect(sockets).toHaveLength(1);
    wake();
    expect(sockets).toHaveLength(2);
    wake();
    expect(sockets).toHaveLength(2);
    socket().open();
    expect(time.timers).toBeGreaterThan(0);
  });

  it("look whether the connection survived, and do not wait long", async () => {
    const { client, socket, sockets, wake, time } = await createSubscribed({ heartbeatMs: 500_000 });
    wake();
    expect(socket().take("PING").positions).toEqual({ room: { epoch: "a", offset: 0 } });
    await time.pass(4_000);
    expect([client.state, sockets[0]?.closed?.reason]).toEqual(["reconnecting", "unanswered"]);
  });

  it("are the browser's network and page events", () => {
    const page = new EventTarget();
    const document = Object.assign(new EventTarget(), { visibilityState: "hidden" });
    const globals = globalThis as Record<string, unknown>;
    const before = { ...globals };
    Object.assign(globals, {
      document,
      addEventListener: page.addEventListener.bind(page),
      removeEventListener: page.removeEventListener.bind(page),
    });
    try {
      let wakes = 0;
      const stop = browserEnvironment.onWake(() => wakes++);
      for (const type of ["online", "offline", "pageshow"]) page.dispatchEvent(new Event(type));
      document.dispatchEvent(new Event("visibilitychange"));
      expect(wakes).toBe(3);
      document.visibilityState = "visible";
      document.dispatchEvent(new Event("visibilitychange"));
      expect(wakes).toBe(4);
      stop();
      for (const type of ["online", "offline"]) page.dispatchEvent(new Event(type));
      document.dispatchEvent(new Event("visibilitychange"));
      expect(wakes).toBe(4);
    } finally {
      for (const key of ["document", "addEventListener", "removeEventListener"]) {
        if (key in before) globals[key] = before[key];
        else delete globals[key];
      }
    }
  });

  it("are never told where there are no such events", () => {
    expect(() => browserEnvironment.onWake(() => {})()).not.toThrow();
  });
});

describe("close", () => {
  it("leaves no timer and no connection, whatever was under way", async () => {
    const { client, sockets, time } = await createSubscribed({ maxConnectionAgeMs: 100_000 });
    client.subscribe("other", () => {});
    sockets[0]?.events([5]);
    await time.pass(99_000);
    client.close();
    client.close();
    expect(time.timers).toBe(0);
    expect(sockets.every(({ closed }) => closed)).toBe(true);
    sockets[1]?.open();
    sockets[0]?.events([1]);
    expect([client.state, time.timers]).toEqual(["closed", 0]);
  });

  it("is what an AbortSignal does", () => {
    const abort = new AbortController();
    const { client, socket, time } = createHarness({ signal: abort.signal });
    socket().open();
    abort.abort();
    expect([client.state, time.timers]).toEqual(["closed", 0]);
    expect(createHarness({ signal: abort.signal }).client.state).toBe("closed");
  });

  it("may come from any callback", async () => {
    const closers: ((harness: Awaited<ReturnType<typeof createSubscribed>>) => void)[] = [
      ({ client, socket }) => {
        client.onStateChange(() => client.close());
        socket().cut();
      },
      ({ client, socket }) => {
        client.subscribe("x", () => client.close());
        socket().subscribed(0, { topicId: "x" });
        socket().events([1, 2, 3], { topicId: "x" });
      },
      ({ client, socket }) => {
        client.subscribe("x", () => {}, { since: { epoch: "a", offset: 1 }, onGap: () => client.close() });
        socket().subscribed(9, { topicId: "x", recovered: false });
      },
    ];
    for (const close of closers) {
      const harness = await createSubscribed();
      close(harness);
      expect([harness.client.state, harness.time.timers]).toEqual(["closed", 0]);
    }
  });

  it("ends what comes after it at once", async () => {
    const { client } = createHarness();
    client.close();
    await expect(client.subscribe("room", () => {}).ready).rejects.toMatchObject({ code: "CLOSED" });
    await expect(client.events("room").next()).rejects.toMatchObject({ code: "CLOSED" });
  });
});
