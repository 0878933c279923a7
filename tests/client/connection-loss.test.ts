import { describe, expect, it } from "vitest";
import { browserEnvironment } from "../../packages/client/src/environment.ts";
import { createHarness, createSubscribed } from "../support/client-harness.ts";

describe("a socket that the client gives up", () => {
  it("is closed after its own close event too, because it may reconnect by itself", () => {
    const { socket, sockets } = createHarness();
    socket().open();
    expect(sockets[0]?.closed).toBeUndefined();
    socket().cut(1001);
    expect(sockets[0]?.closed?.code).toBe(1000);
  });

  it("is closed again and not used when it opens after close()", async () => {
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

  it("does not prevent a reconnection when its close() throws, and the error is reported", async () => {
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
  it("reconnects when nothing arrives after a PING, nor after one without positions", async () => {
    const { client, socket, sockets, time } = await createSubscribed({ heartbeatMs: 20_000 });
    await time.pass(17_500 + 10_000);
    expect(socket().take("PING").positions).toBeDefined();
    expect(socket().take("PING").positions).toBeUndefined();
    expect(client.state).toBe("open");
    await time.pass(4_000);
    expect(sockets[0]?.closed?.reason).toBe("unanswered");
    expect(client.state).toBe("reconnecting");
    await time.pass(500);
    expect(sockets).toHaveLength(2);
  });

  it("keeps a connection whose PING with positions is late, because the server answers the one without", async () => {
    const { client, socket, sockets, time } = await createSubscribed({ heartbeatMs: 60_000 });
    const late: { requestId: string; second: number }[] = [];
    for (let second = 0; second < 600; second++) {
      for (const { requestId, positions } of socket().sent.splice(0)) {
        if (positions) late.push({ requestId, second: second + 14 });
        else socket().message({ type: "PONG", requestId });
      }
      for (const { requestId } of late.filter((ping) => ping.second === second)) {
        socket().message({ type: "PONG", requestId });
      }
      await time.pass(1_000);
    }
    expect(late.length).toBeGreaterThan(9);
    expect([client.state, sockets.length]).toEqual(["open", 1]);
  });

  it("reconnects with growing delays while every connection becomes silent", async () => {
    const { sockets, time } = await createSubscribed({ heartbeatMs: 20_000, random: () => 0.999 });
    const opened: number[] = [];
    for (let seconds = 0; seconds < 600; seconds++) {
      const known = sockets.length;
      await time.pass(1_000);
      for (const socket of sockets.slice(known)) {
        opened.push(seconds);
        socket.open();
        if (socket.sent.some(({ action }) => action === "SUBSCRIBE")) socket.subscribed(0);
      }
    }
    const pauses = opened.slice(1).map((second, index) => second - (opened[index] ?? 0));
    expect(pauses.at(-1)).toBeGreaterThan((pauses[0] ?? 0) + 10);
  });

  it("keeps a connection on which only the response was lost", async () => {
    const { client, socket, time, seen } = await createSubscribed({ heartbeatMs: 20_000 });
    await time.pass(20_000);
    socket().events([1]);
    await time.pass(6_000);
    expect([client.state, seen]).toEqual(["open", [1]]);
  });
});

describe("wake-ups", () => {
  it("starts a delayed attempt at once, and only one", async () => {
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

  it("sends a PING and reconnects if nothing arrives within 4 s", async () => {
    const { client, socket, sockets, wake, time } = await createSubscribed({ heartbeatMs: 500_000 });
    wake();
    expect(socket().take("PING").positions).toBeUndefined();
    await time.pass(4_000);
    expect([client.state, sockets[0]?.closed?.reason]).toEqual(["reconnecting", "unanswered"]);
  });

  it("sends the positions when the PING was answered", async () => {
    const { socket, wake } = await createSubscribed({ heartbeatMs: 500_000 });
    wake();
    socket().pong();
    expect(socket().take("PING").positions).toEqual({ room: { epoch: "a", offset: 0 } });
  });

  it("makes one PING of twenty within 10 s", async () => {
    const { socket, wake, time } = await createSubscribed({ heartbeatMs: 500_000 });
    for (let times = 0; times < 20; times++) {
      wake();
      if (times === 0) expect(socket().pong().positions).toBeUndefined();
      await time.pass(400);
    }
    expect(socket().sent.map(({ positions }) => positions)).toEqual([{ room: { epoch: "a", offset: 0 } }]);
  });

  it("come from the browser's network and page events until stopped", () => {
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

  it("need no such events, as in Node", () => {
    expect(() => browserEnvironment.onWake(() => {})()).not.toThrow();
  });
});
