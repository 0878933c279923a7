import { describe, expect, it } from "vitest";
import { isPubsubClientError, type Position } from "../../packages/client/src/index.ts";
import { createHarness, createSubscribed } from "../support/client-harness.ts";

const at = (offset: number, epoch = "a"): Position => ({ epoch, offset });

describe("one subscriber", () => {
  it("sends SUBSCRIBE with format event, a request id and a nonce, and resolves ready to the server's position", async () => {
    const { client, socket } = createHarness();
    const subscription = client.subscribe("room", () => {});
    socket().open();
    const frame = socket().subscribed(7);
    const nonce: unknown = expect.stringMatching(/^\d+-\d+-\d+-\d+$/);
    expect(frame).toEqual({ action: "SUBSCRIBE", topicId: "room", format: "event", requestId: "1", nonce });
    expect(await subscription.ready).toEqual(at(7));
  });

  it("calls onEvent with the whole event and its typed data", async () => {
    const { client, socket } = createHarness();
    const events: unknown[] = [];
    client.subscribe<{ n: number }>("room", (event) => events.push({ ...event, twice: event.data.n * 2 }));
    socket().open();
    socket().subscribed(4);
    socket().events([4, 5]);
    const data = { n: 5 };
    expect(events).toEqual([
      { topicId: "room", epoch: "a", offset: 5, publicationId: "p5", publishedAt: 5, data, twice: 10 },
    ]);
  });

  it("continues after its last event when it reconnects", async () => {
    const { socket, time, seen } = await createSubscribed();
    socket().events([1, 2]);
    socket().cut();
    await time.pass(500);
    socket().open();
    expect(socket().subscribed(4).since).toEqual(at(2));
    socket().events([3, 4]);
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it("reports unavailable history as one gap and continues after it", async () => {
    const { socket, time, seen } = await createSubscribed();
    socket().cut();
    await time.pass(500);
    socket().open();
    socket().subscribed(900, { recovered: false });
    socket().events([900, 901]);
    expect(seen).toEqual(["a1-a900 history-unavailable", 901]);
  });

  it("reports a gap as HISTORY_GONE if there is no onGap", async () => {
    const { client, socket, errors } = createHarness();
    client.subscribe("room", () => {}, { since: at(2) });
    socket().open();
    socket().subscribed(9, { recovered: false });
    expect(errors[0]).toMatchObject({
      code: "HISTORY_GONE",
      resumeFrom: at(9),
      context: { from: at(3), to: at(9) },
    });
  });

  it("asks for a missing event after 250 ms, not before", async () => {
    const { socket, time, seen } = await createSubscribed();
    socket().events([1, 3]);
    await time.pass(249);
    expect(socket().sent).toEqual([]);
    await time.pass(1);
    expect(socket().pong({ room: { ...at(3), recovered: true } }).positions).toEqual({ room: at(1) });
    socket().events([2, 3]);
    expect(seen).toEqual([1, 2, 3]);
    await time.pass(10_000);
    expect(socket().sent).toEqual([]);
  });

  it("asks at once when 100 events wait after a hole, and again if the response did not help", async () => {
    const { socket, time } = await createSubscribed();
    socket().events(Array.from({ length: 100 }, (_, index) => index + 2));
    socket().pong({ room: { ...at(101), recovered: true } });
    await time.pass(249);
    expect(socket().sent).toEqual([]);
    await time.pass(251 + 500);
    expect(socket().take("PING").positions).toEqual({ room: at(0) });
  });

  it("does not ask while events only arrive out of order", async () => {
    const { socket, time, seen } = await createSubscribed();
    for (let offset = 1; offset < 40; offset += 2) {
      socket().events([offset + 1]);
      await time.pass(200);
      socket().events([offset]);
      await time.pass(20);
    }
    expect([seen.length, socket().sent]).toEqual([40, []]);
  });

  it("asks for events that a PONG shows to be missing", async () => {
    const { socket, time } = await createSubscribed({ heartbeatMs: 20_000 });
    await time.pass(17_500);
    expect(socket().pong({ room: { ...at(2), recovered: true } }).positions).toEqual({ room: at(0) });
    await time.pass(250);
    expect(socket().take("PING").positions).toEqual({ room: at(0) });
  });

  it("subscribes again when a PONG says that the subscription is lost", async () => {
    const { socket, time, seen } = await createSubscribed({ heartbeatMs: 20_000 });
    await time.pass(17_500);
    socket().pong({ room: { subscribed: false } });
    expect(socket().subscribed(1).since).toEqual(at(0));
    socket().events([1]);
    expect(seen).toEqual([1]);
  });

  it("sends a PING within 3 s after SUBSCRIBED, because the index may lag", async () => {
    const { client, socket, time } = createHarness();
    client.subscribe("room", () => {});
    socket().open();
    socket().subscribed(3);
    await time.pass(3_000);
    expect(socket().take("PING").positions).toEqual({ room: at(3) });
  });

  it("reports a callback that throws and continues delivery to all subscribers", async () => {
    const { client, socket, errors, seen } = await createSubscribed();
    client.subscribe("room", () => {
      throw new Error("mine");
    });
    socket().events([1, 2]);
    expect(seen).toEqual([1, 2]);
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatchObject({
      code: "CALLBACK_FAILED",
      message: "onEvent threw",
      cause: { message: "mine" },
    });
  });
});

describe("ready", () => {
  it("rejects with CLOSED, without an unhandled rejection, when the subscription ends first", async () => {
    const { client, socket } = createHarness();
    const subscription = client.subscribe("room", () => {});
    subscription();
    await new Promise((resolve) => setImmediate(resolve));
    await expect(subscription.ready).rejects.toSatisfy((error) => isPubsubClientError(error, "CLOSED"));
    socket().open();
    expect(socket().sent).toEqual([]);
  });

  it.each(["FORBIDDEN", "INVALID_TOPIC_ID", "INVALID_FRAME"])(
    "rejects when the server sends %s, and ends the subscription",
    async (code) => {
      const { client, socket, errors, time } = createHarness();
      const refused = [client.subscribe("room", () => {}), client.subscribe("room", () => {})];
      socket().open();
      socket().refuse(code);
      for (const { ready } of refused) {
        await expect(ready).rejects.toMatchObject({ code: "REFUSED", context: { topicId: "room", code } });
      }
      await time.pass(10_000);
      expect([errors.length, socket().sent.filter(({ action }) => action !== "PING")]).toEqual([1, []]);
      // A new call tries again
      client.subscribe("room", () => {});
      expect(socket().take("SUBSCRIBE").topicId).toBe("room");
    },
  );

  it.each(["INTERNAL", "STORAGE_FAILED", "SOMETHING_NEW"])(
    "stays pending after the server sends %s, and resolves after a retry",
    async (code) => {
      const { client, socket, errors, time } = createHarness();
      const subscription = client.subscribe("room", () => {});
      socket().open();
      socket().refuse(code);
      expect(socket().sent).toEqual([]);
      await time.pass(250);
      socket().subscribed(3);
      expect(await subscription.ready).toEqual(at(3));
      expect(errors).toMatchObject([{ code: "SERVER_ERROR", context: { code, topicId: "room" } }]);
    },
  );

  it("stays pending when the response is lost on a live connection, and resolves after a retry", async () => {
    const { client, socket, sockets, time } = await createSubscribed();
    const subscription = client.subscribe("other", () => {});
    socket().take("SUBSCRIBE");
    await time.pass(2_000);
    socket().events([1]);
    await time.pass(8_250);
    socket().subscribed(3, { topicId: "other" });
    expect(await subscription.ready).toEqual(at(3));
    expect(sockets).toHaveLength(1);
  });
});

describe("the end of a subscription", () => {
  it("comes from an AbortSignal or Symbol.dispose, and later calls reject with CLOSED", async () => {
    const { client, socket, seen } = await createSubscribed();
    const abort = new AbortController();
    const more: number[] = [];
    client.subscribe("room", ({ offset }) => more.push(offset), { signal: abort.signal });
    const used = client.subscribe("room", ({ offset }) => more.push(offset * 10));
    socket().events([1]);
    used[Symbol.dispose](); // as `using` does
    abort.abort();
    socket().events([2]);
    expect([seen, more]).toEqual([
      [1, 2],
      [1, 10],
    ]);
    await expect(client.subscribe("other", () => {}, { signal: abort.signal }).ready).rejects.toMatchObject({
      code: "CLOSED",
    });
    expect(socket().sent).toEqual([]);
  });
});

it("reports invalid messages of the server and continues", async () => {
  const { socket, errors, seen } = await createSubscribed();
  socket().message("hello");
  socket().fire("message", { data: new ArrayBuffer(2) });
  socket().message({ type: "ERROR", code: "INVALID_FRAME", message: "at most 32768 bytes" });
  socket().message({ type: "PONG", requestId: "999" });
  socket().events([1], { topicId: "constructor" });
  socket().events([1]);
  expect(errors.map(({ code }) => code)).toEqual(["UNKNOWN_FRAME", "UNKNOWN_FRAME", "REFUSED"]);
  expect(seen).toEqual([1]);
});
