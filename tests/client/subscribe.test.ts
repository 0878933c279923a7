import { describe, expect, it } from "vitest";
import { isPubsubClientError, type Position } from "../../packages/client/src/index.ts";
import { createHarness, createSubscribed } from "../support/client-harness.ts";

const at = (offset: number, epoch = "a"): Position => ({ epoch, offset });

describe("one subscriber", () => {
  it("subscribes with the format event and a request id, and is ready at the position it was told", async () => {
    const { client, socket } = createHarness();
    const subscription = client.subscribe("room", () => {});
    socket().open();
    const frame = socket().subscribed(7);
    expect(frame).toEqual({ action: "SUBSCRIBE", topicId: "room", format: "event", requestId: "1" });
    expect(await subscription.ready).toEqual(at(7));
  });

  it("is called with the whole event, data typed as it wants", async () => {
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

  it("goes on after a reconnection from where it was", async () => {
    const { socket, time, seen } = await createSubscribed();
    socket().events([1, 2]);
    socket().cut();
    await time.pass(500);
    socket().open();
    expect(socket().subscribed(4).since).toEqual(at(2));
    socket().events([3, 4]);
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it("tells of history that is gone, once, and goes on behind it", async () => {
    const { socket, time, seen } = await createSubscribed();
    socket().cut();
    await time.pass(500);
    socket().open();
    socket().subscribed(900, { recovered: false });
    socket().events([900, 901]);
    expect(seen).toEqual(["a1-a900 history-unavailable", 901]);
  });

  it("reports a gap that nobody listens for", async () => {
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

  it("asks for a hole when it does not fill by itself, and not before", async () => {
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

  it("asks at once when much waits behind a hole, and again when the answer did not help", async () => {
    const { socket, time } = await createSubscribed();
    socket().events(Array.from({ length: 100 }, (_, index) => index + 2));
    socket().pong({ room: { ...at(101), recovered: true } });
    await time.pass(249);
    expect(socket().sent).toEqual([]);
    await time.pass(251 + 500);
    expect(socket().take("PING").positions).toEqual({ room: at(0) });
  });

  it("does not ask while events only change places", async () => {
    const { socket, time, seen } = await createSubscribed();
    for (let offset = 1; offset < 40; offset += 2) {
      socket().events([offset + 1]);
      await time.pass(200);
      socket().events([offset]);
      await time.pass(20);
    }
    expect([seen.length, socket().sent]).toEqual([40, []]);
  });

  it("asks for what a heartbeat found", async () => {
    const { socket, time } = await createSubscribed({ heartbeatMs: 20_000 });
    await time.pass(17_500);
    expect(socket().pong({ room: { ...at(2), recovered: true } }).positions).toEqual({ room: at(0) });
    await time.pass(250);
    expect(socket().take("PING").positions).toEqual({ room: at(0) });
  });

  it("subscribes again when the server has lost the subscription", async () => {
    const { socket, time, seen } = await createSubscribed({ heartbeatMs: 20_000 });
    await time.pass(17_500);
    socket().pong({ room: { subscribed: false } });
    expect(socket().subscribed(1).since).toEqual(at(0));
    socket().events([1]);
    expect(seen).toEqual([1]);
  });

  it("looks soon after it subscribed whether the index lagged behind", async () => {
    const { client, socket, time } = createHarness();
    client.subscribe("room", () => {});
    socket().open();
    socket().subscribed(3);
    await time.pass(3_000);
    expect(socket().take("PING").positions).toEqual({ room: at(3) });
  });

  it("a callback that throws is reported, and delivery goes on, for others too", async () => {
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
  it("rejects, unseen by anybody who does not look, when it ends before", async () => {
    const { client, socket } = createHarness();
    const subscription = client.subscribe("room", () => {});
    subscription();
    await new Promise((resolve) => setImmediate(resolve));
    await expect(subscription.ready).rejects.toSatisfy((error) => isPubsubClientError(error, "CLOSED"));
    socket().open();
    expect(socket().sent).toEqual([]);
  });

  it.each(["FORBIDDEN", "INVALID_TOPIC_ID", "INVALID_FRAME"])(
    "rejects with %s, which ends it",
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
      // Asked for anew, it is tried anew
      client.subscribe("room", () => {});
      expect(socket().take("SUBSCRIBE").topicId).toBe("room");
    },
  );

  it.each(["INTERNAL", "STORAGE_FAILED", "SOMETHING_NEW"])("waits through %s", async (code) => {
    const { client, socket, errors, time } = createHarness();
    const subscription = client.subscribe("room", () => {});
    socket().open();
    socket().refuse(code);
    expect(socket().sent).toEqual([]);
    await time.pass(250);
    socket().subscribed(3);
    expect(await subscription.ready).toEqual(at(3));
    expect(errors).toMatchObject([{ code: "SERVER_ERROR", context: { code, topicId: "room" } }]);
  });

  it("waits through a lost answer on a connection that is alive otherwise", async () => {
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

describe("several subscribers of a topic", () => {
  it("share one subscription, which ends with the last of them", async () => {
    const { client, socket, seen, stop } = await createSubscribed();
    socket().events([1]);
    const more: number[] = [];
    const second = client.subscribe("room", ({ offset }) => more.push(offset));
    expect(await second.ready).toEqual(at(1));
    socket().events([2]);
    stop();
    stop();
    socket().events([3]);
    expect(socket().sent).toEqual([]);
    second();
    expect(socket().take("UNSUBSCRIBE").topicId).toBe("room");
    socket().events([4]);
    expect([seen, more]).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  it("a later one catches up from its own position without disturbing the first", async () => {
    const { client, socket, seen } = await createSubscribed();
    socket().events([1, 2, 3]);
    const more: (number | string)[] = [];
    const onGap = (): unknown => more.push("gap");
    const second = client.subscribe("room", ({ offset }) => more.push(offset), { since: at(1), onGap });
    expect(socket().pong({ room: { ...at(4), recovered: true } }).positions).toEqual({ room: at(1) });
    expect(await second.ready).toEqual(at(4));
    socket().events([2, 3, 4]);
    expect([seen, more]).toEqual([
      [1, 2, 3, 4],
      [2, 3, 4],
    ]);
    const third: (number | string)[] = [];
    client.subscribe("room", ({ offset }) => third.push(offset), {
      since: at(0, "0"),
      onGap: ({ from, to }) => third.push(`${from.epoch}${from.offset}-${to.epoch}${to.offset}`),
    });
    socket().pong({ room: { ...at(4), recovered: false } });
    socket().events([5]);
    expect([seen.length, more.length, third]).toEqual([5, 4, ["01-a4", 5]]);
  });

  it("begin at the same place when they come before the answer", async () => {
    const { client, socket } = createHarness();
    const seen: string[] = [];
    client.subscribe("room", ({ offset }) => seen.push(`first ${offset}`));
    socket().open();
    client.subscribe("room", ({ offset }) => seen.push(`second ${offset}`));
    socket().events([8, 9]);
    socket().subscribed(8);
    expect(seen).toEqual(["first 9", "second 9"]);
    expect(socket().sent).toEqual([]);
  });

  it("begin behind what the others had seen, and with what came since, while a connection is made anew", async () => {
    const { client, socket, time, seen } = await createSubscribed();
    socket().events([1, 2]);
    socket().cut();
    await time.pass(500);
    socket().open();
    const more: number[] = [];
    const second = client.subscribe("room", ({ offset }) => more.push(offset));
    socket().events([3]);
    socket().subscribed(1); // read before 2 and 3 were published
    expect(await second.ready).toEqual(at(2));
    socket().events([1, 2, 3, 4]);
    expect([seen, more]).toEqual([
      [1, 2, 3, 4],
      [3, 4],
    ]);
  });

  it("may come and go from within callbacks", async () => {
    const { client, socket, seen, stop } = await createSubscribed();
    const inner: number[] = [];
    client.subscribe("room", ({ offset }) => {
      if (offset === 1) client.subscribe("room", (event) => inner.push(event.offset));
      if (offset === 2) stop();
    });
    socket().events([1, 2, 3]);
    expect([seen, inner]).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });
});

describe("requests about a topic", () => {
  it("are one at a time, however often subscribers come and go", async () => {
    const { client, socket } = createHarness();
    socket().open();
    client.subscribe("room", () => {})();
    client.subscribe("room", () => {})();
    const last = client.subscribe("room", () => {});
    expect(socket().sent.map(({ action }) => action)).toEqual(["SUBSCRIBE"]);
    socket().subscribed(5);
    expect(await last.ready).toEqual(at(5));
    expect(socket().sent).toEqual([]);
    last();
    client.subscribe("room", () => {});
    const { requestId } = socket().take("UNSUBSCRIBE");
    expect(socket().sent).toEqual([]);
    socket().message({ type: "UNSUBSCRIBED", requestId, topicId: "room" });
    socket().take("SUBSCRIBE");
  });
});

describe("stopping", () => {
  it("by an AbortSignal, and by using", async () => {
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

it("reports frames that it can't read, and goes on", async () => {
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

describe("heartbeats", () => {
  it("name at most 100 topics each, and fit into a frame", async () => {
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

  it("go on without any topic, well before the idle cut", async () => {
    const { socket, time } = createHarness();
    socket().open();
    await time.pass(60_000);
    expect(socket().take("PING").positions).toEqual({});
  });
});
