/** Wake-ups while an attempt has no answer. One that hung because the network was away cost up to 30 s. */
import { describe, expect, it } from "vitest";
import { createHarness } from "../support/client-harness.ts";

describe("a wake-up", () => {
  it("replaces a handshake that is older than a second, and closes its socket", async () => {
    const { socket, sockets, wake, time, client, errors } = createHarness();
    await time.pass(1_000);
    wake();
    const [hanging, next] = sockets;
    expect([sockets.length, hanging?.closed?.reason]).toEqual([2, "unanswered"]);
    // Some implementations ignore close() while they connect
    Object.assign(hanging as object, { closed: undefined });
    hanging?.open();
    expect([hanging?.closed !== undefined, client.state]).toEqual([true, "connecting"]);
    socket().open();
    expect([client.state, next?.closed, errors]).toEqual(["open", undefined, []]);
  });

  it("replaces a getUrl that hangs, whose late URL is not used", async () => {
    const urls: ((url: string) => void)[] = [];
    const getUrl = (): Promise<string> => new Promise((resolve) => urls.push(resolve));
    const { sockets, wake, time } = createHarness({ getUrl });
    await time.pass(1_500);
    wake();
    await time.pass(0);
    urls[0]?.("wss://late.example");
    urls[1]?.("wss://new.example");
    await time.pass(0);
    expect(sockets.map(({ url }) => url)).toEqual(["wss://new.example"]);
  });

  it("keeps a younger attempt, and the next delay is the shortest if it fails", async () => {
    const { socket, sockets, wake, time } = createHarness({ backoff: { baseMs: 1_000, maxMs: 64_000 } });
    for (let tries = 0; tries < 5; tries++) {
      const known = sockets.length;
      socket().cut();
      while (sockets.length === known) await time.pass(100);
    }
    const known = sockets.length;
    await time.pass(800);
    wake();
    wake();
    expect([sockets.length, socket().closed]).toEqual([known, undefined]);
    socket().cut();
    await time.pass(500);
    expect(sockets).toHaveLength(known + 1);
  });

  it("leaves one socket of many attempts, whatever opens late", async () => {
    const { sockets, wake, time, client } = createHarness();
    for (let times = 0; times < 5; times++) {
      await time.pass(1_000);
      wake();
    }
    for (const socket of sockets) {
      socket.closed = undefined;
      socket.open();
    }
    expect(sockets.map(({ closed }) => closed === undefined)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
    client.close();
    expect([sockets.every(({ closed }) => closed), time.timers]).toEqual([true, 0]);
  });
});
