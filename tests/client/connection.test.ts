import { describe, expect, it } from "vitest";
import { fullJitterMs } from "../../packages/client/src/backoff.ts";
import type { ClientState } from "../../packages/client/src/index.ts";
import { isFatalCloseCode } from "../../packages/client/src/web-socket.ts";
import { createHarness, createSubscribed } from "../support/client-harness.ts";

describe("the client's state", () => {
  it("goes from connecting to open, to reconnecting after a cut, and to closed", async () => {
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

  it("stays connecting and reports CONNECT_FAILED until the first connection opens", async () => {
    const { client, socket, sockets, time, errors } = createHarness();
    socket().cut(1006);
    expect(client.state).toBe("connecting");
    await time.pass(500);
    expect(sockets).toHaveLength(2);
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ["CONNECT_FAILED", "could not connect: closed with 1006"],
    ]);
  });

  it("reports a listener that throws and calls the other listeners", () => {
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

describe("connection attempts", () => {
  it("doubles the delay after each failed attempt up to backoff.maxMs, with full jitter", async () => {
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

  it("resets the delay only after a connection that lasted backoff.stableMs", async () => {
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

  it("gives up an attempt that hangs for 30 s and starts another one", async () => {
    const { socket, sockets, time, errors } = createHarness();
    await time.pass(30_300);
    expect(sockets).toHaveLength(2);
    expect(sockets[0]?.closed).toBeDefined();
    expect(errors[0]?.message).toBe("could not connect: no response");
    socket().open();
    expect(socket()).toBe(sockets[1]);
  });

  it("calls getUrl for each attempt", async () => {
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

  it("tries again when getUrl fails or returns an invalid URL, and reports no token", async () => {
    const urls = [
      () => Promise.reject(new Error("no session")),
      () => {
        throw new Error("sync");
      },
      () => "https://x/?token=secret",
      () => "wss://x/",
    ];
    const { sockets, time, errors } = createHarness({ getUrl: () => urls.shift()?.() as string });
    await time.pass(10_000);
    expect(sockets.map(({ url }) => url)).toEqual(["wss://x/"]);
    expect(errors.map(({ message }) => message)).toEqual(Array(3).fill("could not connect: getUrl failed"));
    expect(errors[0]).toMatchObject({ code: "CONNECT_FAILED", cause: { message: "no session" } });
    expect(String(errors[2]?.cause)).not.toContain("secret");
  });

  it("tries again when the WebSocket class throws, and does not report its message, which has the URL", async () => {
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

  it("tries again after an error event without a close event", async () => {
    const { socket, sockets, time } = createHarness();
    socket().fire("error");
    socket().cut();
    await time.pass(500);
    expect(sockets).toHaveLength(2);
  });
});

describe("close codes", () => {
  it.each([1008, 4400, 4401, 4499])(
    "closes the client after the fatal code %i and rejects ready with CONNECTION_REFUSED",
    async (code) => {
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
    },
  );

  it("counts no other code as fatal", () => {
    const others = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 1011, 1012, 1013, 3000, 4000, 4399, 4500];
    expect(others.filter(isFatalCloseCode)).toEqual([]);
  });
});

describe("close", () => {
  it("closes all connections and clears all timers during a rotation", async () => {
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

  it("works from inside every callback", async () => {
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
});
