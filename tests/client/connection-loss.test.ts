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
  it("reconnects when nothing arrives after a PING", async () => {
    const { client, sockets, time } = await createSubscribed({ heartbeatMs: 20_000 });
    await time.pass(17_500 + 10_000);
    expect(sockets[0]?.closed?.reason).toBe("unanswered");
    expect(client.state).toBe("reconnecting");
    await time.pass(500);
    expect(sockets).toHaveLength(2);
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
    expect(socket().take("PING").positions).toEqual({ room: { epoch: "a", offset: 0 } });
    await time.pass(4_000);
    expect([client.state, sockets[0]?.closed?.reason]).toEqual(["reconnecting", "unanswered"]);
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
