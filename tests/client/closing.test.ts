/** How a client ends, by `close()`, by its signal or by the server, and how it starts again. */
import { describe, expect, it } from "vitest";
import type { ClientState } from "../../packages/client/src/index.ts";
import {
  createHarness,
  createIdleHarness,
  createSubscribed,
  held,
  ignore,
  NOTHING,
} from "../support/client-harness.ts";

describe("close", () => {
  it("ends the subscriptions, and the next one starts the client again", async () => {
    const { client, socket, sockets, time, stop } = await createSubscribed();
    const states: ClientState[] = [];
    client.onStateChange((state) => states.push(state));
    const waiting = client.subscribe("other", ignore);
    client.close();
    await stop.ready;
    await expect(waiting.ready).rejects.toMatchObject({ code: "CLOSED" });
    const { ready } = client.subscribe("room", ignore);
    await time.pass(0);
    socket().open();
    socket().subscribed(7);
    expect(await ready).toEqual({ epoch: "a", offset: 7 });
    expect([states, sockets.length]).toEqual([["closed", "connecting", "open"], 2]);
  });

  it("does not end a subscription that a listener begins at the state closed", async () => {
    const { client, socket, time } = await createSubscribed();
    const ended: string[] = [];
    const stopListening = client.onStateChange(() => {
      stopListening();
      client.subscribe("room", ignore, { onEnd: ({ code }) => ended.push(code) });
    });
    client.close();
    await time.pass(0);
    socket().open();
    socket().subscribed(0);
    expect([client.state, ended]).toEqual(["open", []]);
  });

  it("in a listener of the state connecting leaves no socket", async () => {
    const harness = createIdleHarness();
    harness.client.onStateChange(() => harness.client.close());
    harness.client.connect();
    expect([harness.sockets.length, harness.client.state, held(harness)]).toEqual([0, "closed", NOTHING]);
  });
});

describe("an aborted signal", () => {
  it("closes the client for good: later subscriptions end with CLOSED, and connect() does nothing", async () => {
    const abort = new AbortController();
    const harness = createHarness({ signal: abort.signal });
    const { client, socket, sockets, time } = harness;
    socket().open();
    abort.abort();
    expect([client.state, held(harness)]).toEqual(["closed", NOTHING]);
    client.connect();
    client.reconnect();
    await expect(client.subscribe("room", ignore).ready).rejects.toMatchObject({ code: "CLOSED" });
    expect(await client.events("room").next()).toEqual({ value: undefined, done: true });
    await time.pass(0);
    expect([client.state, sockets.length]).toEqual(["closed", 1]);
  });

  it("also closes a client that has not connected yet", async () => {
    const abort = new AbortController();
    const { client, sockets, time } = createIdleHarness({ signal: abort.signal });
    const { ready } = client.subscribe("room", ignore);
    abort.abort();
    await expect(ready).rejects.toMatchObject({ code: "CLOSED" });
    await time.pass(0);
    expect([client.state, sockets.length]).toEqual(["closed", 0]);
    expect(createIdleHarness({ signal: abort.signal }).client.state).toBe("closed");
  });
});

describe("after a fatal close code", () => {
  it.each(["connect", "reconnect", "close"] as const)(
    "subscriptions end with CONNECTION_REFUSED, until %s() is called",
    async (method) => {
      const { client, socket, sockets, time, wake } = await createSubscribed();
      socket().cut(4401);
      wake();
      const { ready } = client.subscribe("room", ignore);
      await expect(ready).rejects.toMatchObject({ code: "CONNECTION_REFUSED", context: { closeCode: 4401 } });
      await time.pass(600_000);
      expect([client.state, sockets.length]).toEqual(["closed", 1]);
      client[method]();
      client.subscribe("room", ignore);
      await time.pass(0);
      expect([client.state, sockets.length]).toEqual(["connecting", 2]);
    },
  );

  it("onError may connect again at once", async () => {
    const { client, socket, sockets } = createHarness({ onError: () => client.connect() });
    socket().cut(4401);
    expect([client.state, sockets.length]).toEqual(["connecting", 2]);
  });
});
