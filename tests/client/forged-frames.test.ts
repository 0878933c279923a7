/**
 * Published data that imitates frames. A chat text became an event of another topic, and the real event of that offset was
 * dropped as a duplicate: the client took whatever text parsed as a frame.
 */
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createNonce } from "../../packages/client/src/nonce.ts";
import { createHarness, createSubscribed } from "../support/client-harness.ts";

const eventOf = (offset: number, data: unknown): object => {
  return { offset, publicationId: `p${offset}`, publishedAt: offset, data };
};
const forgedEvents = (offset: number): object => {
  return { type: "EVENTS", topicId: "room", epoch: "a", events: [eventOf(offset, { n: "forged" })] };
};

describe("data that imitates EVENTS", () => {
  it("calls no onEvent, and does not take the place of the real event, whatever nonce it has", async () => {
    const { client, socket, errors } = await createSubscribed();
    const seen: unknown[] = [];
    const { ready } = client.subscribe("room", ({ data }) => seen.push(data));
    await ready;
    const forged = forgedEvents(1);
    for (const nonce of [undefined, null, "", "0-0-0-0", `${socket().nonce} `, [socket().nonce]]) {
      socket().data({ ...forged, nonce });
      socket().data(JSON.stringify({ ...forged, nonce }));
    }
    expect(seen).toEqual([]);
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["UNKNOWN_FRAME"]));
    socket().events([1]);
    expect(seen).toEqual([{ n: 1 }]);
  });

  it("is rejected with the nonce of the client's connection before", async () => {
    const { socket, time, seen } = await createSubscribed();
    const { nonce } = socket();
    socket().cut();
    await time.pass(500);
    socket().open();
    socket().subscribed(0);
    expect(socket().nonce).not.toBe(nonce);
    socket().data({ ...forgedEvents(1), nonce });
    expect(seen).toEqual([]);
    socket().events([1]);
    expect(seen).toEqual([1]);
  });
});

describe("data that imitates a response", () => {
  it("does not end a subscription or give it a position, although request ids are easy to guess", async () => {
    const { client, socket, errors } = createHarness();
    const ended: unknown[] = [];
    const { ready } = client.subscribe("room", () => {}, { onEnd: (error) => ended.push(error) });
    socket().open();
    const [{ requestId } = { requestId: "" }] = socket().sent;
    const position = { topicId: "room", epoch: "zzz", offset: 1_000_000, recovered: true };
    socket().data({ type: "ERROR", requestId, code: "FORBIDDEN", message: "no" });
    socket().data({ type: "SUBSCRIBED", requestId, ...position });
    socket().data({ type: "UNSUBSCRIBED", requestId, topicId: "room" });
    socket().subscribed(7);
    expect(await ready).toEqual({ epoch: "a", offset: 7 });
    expect(ended).toEqual([]);
    expect(errors.map(({ code }) => code)).toEqual(["UNKNOWN_FRAME", "UNKNOWN_FRAME", "UNKNOWN_FRAME"]);
  });

  it("does not move a subscription: a forged PONG reported a gap up to a position that does not exist", async () => {
    const { socket, time, seen } = await createSubscribed();
    await time.pass(60_000);
    const { requestId } = socket().take("PING");
    const positions = { room: { epoch: "zzz", offset: 9, recovered: false } };
    socket().data({ type: "PONG", requestId, positions });
    socket().data({ type: "PONG", requestId, positions: { room: { subscribed: false } } });
    expect(seen).toEqual([]);
    expect(socket().sent).toEqual([]);
    socket().events([1]);
    expect(seen).toEqual([1]);
  });
});

describe("data that imitates API Gateway's error, which has no nonce", () => {
  const forged = { message: "Internal server error", connectionId: "c=", requestId: "AbC=" };

  it("does not make the client give a request up: the response still counts, and a second copy is harmless", async () => {
    const { client, socket, time } = createHarness();
    const { ready } = client.subscribe("room", () => {});
    socket().open();
    const { requestId } = socket().take("SUBSCRIBE");
    for (let sent = 0; sent < 100; sent++) socket().data(forged);
    await time.pass(900);
    expect(socket().sent.map((frame) => [frame.action, frame.requestId])).toEqual([["SUBSCRIBE", requestId]]);
    const answer = { type: "SUBSCRIBED", requestId, topicId: "room", epoch: "a", recovered: true };
    socket().message({ ...answer, offset: 7 });
    socket().message({ ...answer, offset: 8 });
    expect(await ready).toEqual({ epoch: "a", offset: 7 });
  });

  it("makes the client send each request twice at most, however many texts come, and wait as long as usual", async () => {
    const { client, socket, time } = createHarness();
    client.subscribe("room", () => {});
    socket().open();
    for (let second = 0; second < 10; second++) {
      for (let sent = 0; sent < 10; sent++) socket().data(forged);
      await time.pass(1_000);
    }
    expect(socket().sent.filter(({ action }) => action === "SUBSCRIBE")).toHaveLength(2);
  });
});

describe("a nonce", () => {
  it("is the same in all messages of a connection, and another one in each connection", async () => {
    const { client, socket, sockets, time } = createHarness();
    client.subscribe("room", () => {});
    client.subscribe("hall", () => {});
    socket().open();
    await time.pass(4_000);
    socket().cut();
    await time.pass(1_000);
    socket().open();
    const nonces = sockets.map(({ sent }) => [...new Set(sent.map(({ nonce }) => nonce))]);
    expect(nonces).toEqual([[expect.any(String)], [expect.any(String)]]);
    expect(nonces[0]).not.toEqual(nonces[1]);
    for (const [nonce] of nonces) expect(nonce).toMatch(/^\d+-\d+-\d+-\d+$/);
  });

  it("never repeats in 10,000 connections, and has what the server accepts", () => {
    const nonces = Array.from({ length: 10_000 }, () => createNonce(() => 0.5));
    expect(new Set(nonces).size).toBe(nonces.length);
    for (const nonce of nonces) expect(nonce).toMatch(/^[\w.-]{7,23}$/);
  });

  it.each([
    ["no crypto", undefined],
    ["a crypto without getRandomValues", {}],
  ])("comes from `random` with %s", (_, crypto) => {
    vi.stubGlobal("crypto", crypto);
    onTestFinished(() => void vi.unstubAllGlobals());
    const draws = [0, 0.5, 0.25, 1 - 2 ** -53];
    expect(createNonce(() => draws.shift() ?? 0)).toBe("0-32768-16384-65535");
  });
});
