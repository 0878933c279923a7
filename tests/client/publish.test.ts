/** Publishing: confirmations, failures and what is refused before it is sent. */
import { describe, expect, it } from "vitest";
import type { Published, PublishOptions } from "../../packages/client/src/index.ts";
import {
  createHarness,
  createIdleHarness,
  createSubscribed,
  type Harness,
  held,
  NOTHING,
} from "../support/client-harness.ts";

/** Creates a connected client without subscriptions. */
function createConnected(): Harness {
  const harness = createHarness();
  harness.socket().open();
  return harness;
}

const topics = ({ socket }: Harness): unknown[] =>
  socket()
    .sent.filter(({ action }) => action === "PUBLISH")
    .map(({ data }) => data);

describe("publish", () => {
  it("resolves with the position and the id that the server confirmed", async () => {
    const { client, socket } = createConnected();
    const promise = client.publish("room", { text: "hello" });
    const sent = socket().published(7);
    expect(sent).toMatchObject({ action: "PUBLISH", topicId: "room", data: { text: "hello" } });
    expect(sent.publicationId).toMatch(/^[\da-f-]{36}$/);
    const position = { epoch: "a", offset: 7 };
    const { publicationId } = sent;
    expect(await promise).toEqual({ topicId: "room", publicationId, ...position, duplicate: false });
  });

  it("connects a client that has no subscription, and lets it become idle afterwards", async () => {
    const harness = createIdleHarness();
    const { client, time, socket, sockets } = harness;
    const promise = client.publish("room", 1);
    expect(sockets).toEqual([]);
    await time.pass(0);
    expect(client.state).toBe("connecting");
    socket().open();
    socket().published(3);
    expect(await promise).toMatchObject({ offset: 3 });
    await time.pass(60_000);
    expect(client.state).toBe("idle");
    expect(held(harness)).toEqual(NOTHING);
  });

  it("sends the second publication of a topic after the first was confirmed, and another topic's at once", async () => {
    const harness = createConnected();
    const { client, socket } = harness;
    for (const data of ["one", "two"]) void client.publish("room", data);
    void client.publish("other", "three");
    expect(topics(harness)).toEqual(["one", "three"]);
    socket().published(1, { topicId: "room" });
    expect(topics(harness)).toEqual(["three", "two"]);
  });

  it("sends the token of each attempt, a fresh one if it is a function", async () => {
    const { client, socket, time } = createConnected();
    let tokens = 0;
    const promise = client.publish("room", 1, { token: async () => `token-${++tokens}` });
    await time.pass(0);
    expect(socket().refuse("RATE_LIMITED", "PUBLISH").token).toBe("token-1");
    await time.pass(1_000);
    expect(socket().published(1).token).toBe("token-2");
    await promise;
  });

  it("of a subscription uses its topic and token, unless the options have another token", async () => {
    const { client, socket } = createConnected();
    const room = client.subscribe("room", () => {}, { token: "both" });
    const first = room.publish(1);
    expect(socket().published(1)).toMatchObject({ topicId: "room", token: "both" });
    await first;
    const second = room.publish(2, { token: "other", publicationId: "p" });
    expect(socket().published(2)).toMatchObject({ token: "other", publicationId: "p" });
    expect(await second).toMatchObject({ offset: 2, publicationId: "p" });
  });
});

describe("the own event", () => {
  it("reaches the subscribers once, before the promise resolves, also if the server posts it", async () => {
    const { client, socket, seen } = await createSubscribed();
    const promise = client.publish("room", { n: 1 });
    socket().published(1);
    expect(seen).toEqual([1]);
    socket().events([1, 2]);
    await promise;
    expect(seen).toEqual([1, 2]);
  });

  it("is dropped if the server's post came first", async () => {
    const { client, socket, seen } = await createSubscribed();
    const promise = client.publish("room", 1);
    socket().events([1]);
    socket().published(1);
    await promise;
    expect(seen).toEqual([1]);
  });

  it("waits for the events before it", async () => {
    const { client, socket, seen } = await createSubscribed();
    void client.publish("room", 1);
    socket().published(3);
    expect(seen).toEqual([]);
    socket().events([1, 2]);
    expect(seen).toEqual([1, 2, 3]);
  });

  it("has a copy of the data as JSON keeps it, and the client's time", async () => {
    const { client, socket, time } = createConnected();
    const seen: object[] = [];
    client.subscribe("room", (event) => seen.push(event));
    socket().subscribed(0);
    const data = { at: new Date(0), none: undefined, list: [1, undefined], zero: -0 };
    const promise = client.publish("room", data, { publicationId: "p" });
    data.list.push(2);
    socket().published(1);
    await promise;
    expect(seen).toEqual([
      {
        topicId: "room",
        epoch: "a",
        offset: 1,
        publicationId: "p",
        publishedAt: time.now(),
        data: { at: "1970-01-01T00:00:00.000Z", list: [1, null], zero: 0 },
      },
    ]);
  });

  it("is not inserted for a duplicate: the client asks for what is missing up to it", async () => {
    const { client, socket, time, seen } = await createSubscribed();
    const promise = client.publish("room", 1, { publicationId: "again" });
    socket().published(2, { duplicate: true });
    expect(await promise).toMatchObject({ offset: 2, duplicate: true });
    expect(seen).toEqual([]);
    await time.pass(250);
    expect(socket().pong({ room: { epoch: "a", offset: 2, recovered: true } }).positions).toEqual({
      room: { epoch: "a", offset: 0 },
    });
    socket().events([1, 2]);
    expect(seen).toEqual([1, 2]);
  });

  it("of an old duplicate that was seen asks for nothing", async () => {
    const { client, socket, time, seen } = await createSubscribed();
    socket().events([1, 2, 3]);
    void client.publish("room", 1);
    socket().published(2, { duplicate: true });
    await time.pass(5_000);
    expect(socket().sent).toEqual([]);
    expect(seen).toEqual([1, 2, 3]);
  });
});

describe("a publication that is not confirmed", () => {
  it("is sent again with the same id after the connection was lost, before later ones", async () => {
    const harness = createConnected();
    const { client, socket, time } = harness;
    const first = client.publish("room", "one");
    const second = client.publish("room", "two");
    const { publicationId } = socket().take("PUBLISH");
    socket().cut();
    await time.pass(500);
    socket().open();
    expect(topics(harness)).toEqual(["one"]);
    expect(socket().published(1, { duplicate: true }).publicationId).toBe(publicationId);
    socket().published(2);
    expect(await Promise.all([first, second])).toMatchObject([
      { offset: 1, duplicate: true },
      { offset: 2, duplicate: false },
    ]);
  });

  it("is sent again if the response does not come, although the connection works", async () => {
    const { client, socket, time } = createConnected();
    const promise = client.publish("room", 1);
    const { publicationId } = socket().take("PUBLISH");
    socket().events([]);
    await time.pass(11_000);
    expect(socket().published(1, { duplicate: true }).publicationId).toBe(publicationId);
    expect(await promise).toMatchObject({ duplicate: true });
  });

  it.each(["RATE_LIMITED", "AUTHORIZE_FAILED", "VALIDATE_FAILED", "INTERNAL", "ANYTHING"])(
    "after %s is sent again with growing pauses, and rejects after ten attempts",
    async (code) => {
      const { client, socket, time, errors } = createConnected();
      const promise = client.publish("room", 1, { publicationId: "p" });
      const sentAt: number[] = [];
      for (let attempt = 1; attempt <= 10; attempt++) {
        socket().refuse(code, "PUBLISH");
        sentAt.push(time.now());
        if (attempt < 10) await time.pass(5_000);
      }
      const context = { code, topicId: "room", publicationId: "p", tries: 10 };
      await expect(promise).rejects.toMatchObject({ code: "SERVER_ERROR", context });
      // The last one goes to the caller only
      expect(errors).toHaveLength(9);
      await time.pass(20_000);
      expect(socket().sent.filter(({ action }) => action === "PUBLISH")).toEqual([]);
    },
  );

  it.each(["FORBIDDEN", "INVALID_DATA", "INVALID_TOPIC_ID", "TOO_MANY_ANYTHING"])(
    "after %s rejects at once, and the next one is sent",
    async (code) => {
      const { client, socket, errors } = createConnected();
      const refused = client.publish("room", 1);
      const next = client.publish("room", 2);
      socket().refuse(code, "PUBLISH");
      await expect(refused).rejects.toMatchObject({ code: "REFUSED", context: { code, topicId: "room" } });
      expect(errors).toEqual([]);
      socket().published(1);
      expect(await next).toMatchObject({ offset: 1 });
    },
  );

  it("rejects with UNCONFIRMED if each of ten connections ends before the response", async () => {
    const { client, socket, time } = createHarness({ backoff: { baseMs: 0, maxMs: 0 } });
    const promise = client.publish("room", 1);
    for (let attempt = 1; attempt <= 10; attempt++) {
      socket().open();
      socket().take("PUBLISH");
      socket().cut(1009);
      await time.pass(1);
    }
    await expect(promise).rejects.toMatchObject({ code: "UNCONFIRMED", context: { tries: 10 } });
    socket().open();
    expect(socket().sent).toEqual([]);
  });

  it("rejects if its token function fails ten times, and each failure is reported", async () => {
    const { client, time, errors, socket } = createConnected();
    const token = (): string => {
      throw new Error("no session");
    };
    const promise = client.publish("room", 1, { token });
    const rejected = expect(promise).rejects.toMatchObject({ code: "UNCONFIRMED" });
    await time.pass(60_000);
    await rejected;
    expect(errors.map(({ code }) => code)).toEqual(Array(10).fill("CALLBACK_FAILED"));
    expect(socket().sent.filter(({ action }) => action === "PUBLISH")).toEqual([]);
  });

  it("waits for a connection without spending attempts, and is then sent", async () => {
    const { client, socket, sockets, time } = createHarness();
    const promise = client.publish("room", 1);
    for (let attempt = 0; attempt < 30; attempt++) {
      sockets.at(-1)?.cut();
      await time.pass(30_000);
    }
    socket().open();
    socket().published(1);
    expect(await promise).toMatchObject({ offset: 1 });
  });

  it("rejects with CLOSED after close(), and nothing is left behind", async () => {
    const harness = createConnected();
    const { client, socket, time } = harness;
    const waiting = [client.publish("room", 1), client.publish("room", 2), client.publish("other", 3)];
    socket().refuse("RATE_LIMITED", "PUBLISH");
    client.close();
    for (const promise of waiting) {
      await expect(promise).rejects.toMatchObject({
        code: "CLOSED",
        context: { topicId: expect.any(String) },
      });
    }
    expect(held(harness)).toEqual(NOTHING);
    await time.pass(60_000);
    expect(client.state).toBe("closed");
  });

  it("rejects with CONNECTION_REFUSED after a fatal close code, as do later ones", async () => {
    const { client, socket } = createConnected();
    const promise = client.publish("room", 1);
    socket().cut(4401);
    await expect(promise).rejects.toMatchObject({ code: "CONNECTION_REFUSED", context: { closeCode: 4401 } });
    await expect(client.publish("room", 1)).rejects.toMatchObject({ code: "CONNECTION_REFUSED" });
  });

  it("moves to the new connection of a rotation if the old one ends without a response", async () => {
    const { client, socket, sockets, time } = createHarness({ maxConnectionAgeMs: 10_000 });
    socket().open();
    const [old] = sockets;
    await time.pass(9_400);
    const promise = client.publish("room", 1);
    old?.take("PUBLISH");
    await time.pass(200);
    socket().open();
    expect(socket()).not.toBe(old);
    expect(socket().sent).toEqual([]);
    await time.pass(2_500);
    socket().published(1);
    expect(await promise).toMatchObject({ offset: 1 });
  });
});

describe("the signal of a publication", () => {
  it("that was aborted before the call rejects with ABORTED and sends nothing", async () => {
    const { client, socket } = createConnected();
    const reason = new Error("changed my mind");
    const promise = client.publish("room", 1, { signal: AbortSignal.abort(reason) });
    await expect(promise).rejects.toMatchObject({ code: "ABORTED", cause: reason, context: { tries: 0 } });
    expect(socket().sent).toEqual([]);
  });

  it("removes a waiting publication, and the next one is sent in its place", async () => {
    const harness = createConnected();
    const { client, socket } = harness;
    const controller = new AbortController();
    void client.publish("room", "one");
    const waiting = client.publish("room", "two", { signal: controller.signal });
    void client.publish("room", "three");
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "ABORTED", context: { tries: 0 } });
    socket().published(1);
    expect(topics(harness)).toEqual(["three"]);
  });

  it("rejects what was sent at once, but the next one waits for its response, and the event is inserted", async () => {
    const harness = await createSubscribed();
    const { client, socket, seen } = harness;
    const controller = new AbortController();
    const sent = client.publish("room", "one", { signal: controller.signal });
    void client.publish("room", "two");
    controller.abort();
    await expect(sent).rejects.toMatchObject({ code: "ABORTED", context: { tries: 1 } });
    expect(topics(harness)).toEqual(["one"]);
    socket().published(1);
    expect(seen).toEqual([1]);
    expect(topics(harness)).toEqual(["two"]);
  });

  it("ends the pause before another attempt", async () => {
    const harness = createConnected();
    const { client, socket } = harness;
    const controller = new AbortController();
    const promise = client.publish("room", "one", { signal: controller.signal });
    void client.publish("room", "two");
    socket().refuse("RATE_LIMITED", "PUBLISH");
    controller.abort();
    await expect(promise).rejects.toMatchObject({ code: "ABORTED" });
    expect(topics(harness)).toEqual(["two"]);
  });

  it("prevents the message while the token is awaited", async () => {
    const harness = createConnected();
    const { client, time } = harness;
    const controller = new AbortController();
    let resolve = (_token: string): void => {};
    const token = (): Promise<string> => new Promise((settle) => (resolve = settle));
    const promise = client.publish("room", "one", { signal: controller.signal, token });
    void client.publish("room", "two");
    controller.abort();
    await expect(promise).rejects.toMatchObject({ code: "ABORTED" });
    resolve("late");
    await time.pass(0);
    expect(topics(harness)).toEqual(["two"]);
  });
});

describe("the queue of publications", () => {
  it("rejects the publication that is one too many, keeps the others, and has room again later", async () => {
    const { client, socket } = createHarness({ publishQueue: { maxCount: 2 } });
    const kept = [client.publish("room", 1), client.publish("other", 2)];
    await expect(client.publish("room", 3)).rejects.toMatchObject({
      code: "QUEUE_FULL",
      context: { tries: 0 },
    });
    socket().open();
    socket().published(1, { topicId: "room" });
    await kept[0];
    const late = client.publish("room", 4);
    socket().published(1, { topicId: "other" });
    expect(socket().published(2).data).toBe(4);
    expect(await Promise.all([...kept, late])).toHaveLength(3);
  });

  it("rejects the publication that makes it too many bytes", async () => {
    const { client } = createHarness({ publishQueue: { maxBytes: 1_000 } });
    void client.publish("room", "x".repeat(500)).catch(() => {});
    await expect(client.publish("room", "x".repeat(500))).rejects.toMatchObject({ code: "QUEUE_FULL" });
    client.close();
  });

  it("holds 1,000 publications or 1 MB without options", async () => {
    const { client } = createHarness();
    const results = Array.from({ length: 1_001 }, (_, n) => client.publish(`room-${n % 7}`, n));
    const outcomes = Promise.allSettled(results);
    await expect(results.at(-1)).rejects.toMatchObject({ code: "QUEUE_FULL" });
    client.close();
    const codes = (await outcomes).map((outcome) => outcome.status === "rejected" && outcome.reason.code);
    expect(codes.filter((code) => code === "QUEUE_FULL")).toHaveLength(1);
    const large = Array.from({ length: 40 }, () => client.publish("room", "x".repeat(32_000)));
    const settled = Promise.allSettled(large);
    client.close();
    const full = (await settled).filter(
      (one) => one.status === "rejected" && one.reason.code === "QUEUE_FULL",
    );
    expect(full).toHaveLength(8);
  });
});

describe("publish refuses before it sends", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const bad: [what: string, topicId: unknown, data: unknown, options?: unknown][] = [
    ["data that is undefined", "room", undefined],
    ["a function", "room", () => {}],
    ["a symbol", "room", Symbol("x")],
    ["a BigInt", "room", { n: 1n }],
    ["a cycle", "room", cyclic],
    ["a lone surrogate", "room", { text: "\ud83d" }],
    ["a lone surrogate after a backslash", "room", "\\\udc00"],
    ["a lone surrogate in a key", "room", { "\ud83d": 1 }],
    ["a topic that is no string", 5, 1],
    ["an empty topic", "", 1],
    ["an empty publication id", "room", 1, { publicationId: "" }],
    ["a long publication id", "room", 1, { publicationId: "x".repeat(513) }],
    ["an empty token", "room", 1, { token: "" }],
    ["a signal that is no AbortSignal", "room", 1, { signal: 5 }],
    ["an unknown option", "room", 1, { publicationID: "x" }],
    ["options that are no object", "room", 1, "x"],
  ];

  it.each(bad)("%s, with INVALID_ARGUMENT as a rejection", async (_what, topicId, data, options) => {
    const { client, socket } = createConnected();
    const promise = client.publish(topicId as string, data, options as PublishOptions);
    await expect(promise).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(socket().sent).toEqual([]);
  });

  it.each([null, false, 0, "", "\\ud83d", "\u{1f600}", { a: [1] }])("not %j, which is JSON", async (data) => {
    const { client, socket } = createConnected();
    const promise = client.publish("room", data);
    expect(socket().published(1).data).toEqual(data);
    await promise;
  });

  it("a message over 32 KB, with all that the client adds, and sends one of almost 32 KB", async () => {
    const { client, socket } = createConnected();
    const texts: string[] = [];
    const original = socket().send.bind(socket());
    socket().send = (text) => {
      texts.push(text);
      original(text);
    };
    const sizes: number[] = [];
    for (const data of ["x", "é", "€", "\u{1f600}", "%", '"', "\u0007"]) {
      const each = Buffer.byteLength(JSON.stringify(data)) - 2;
      let length = Math.ceil((32_768 - 250) / each);
      let promise: Promise<Published> | undefined;
      for (; !promise; length -= 1) {
        const before = texts.length;
        const attempt = client.publish("room", data.repeat(length), { token: "t".repeat(100) });
        attempt.catch(() => {});
        if (texts.length > before) promise = attempt;
      }
      socket().published(1);
      await promise;
      sizes.push(Buffer.byteLength(texts.at(-1) ?? ""));
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32_768);
    expect(Math.min(...sizes)).toBeGreaterThan(32_650);
  });

  it("a message that its token makes too large, also if a function returns the token", async () => {
    const { client, socket, time } = createConnected();
    const data = "x".repeat(30_000);
    const token = "t".repeat(4_000);
    await expect(client.publish("room", data, { token })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const promise = client.publish("room", data, { token: () => token });
    const rejected = expect(promise).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await time.pass(0);
    await rejected;
    expect(socket().sent).toEqual([]);
  });

  it("without a WebSocket class", async () => {
    const { client } = createIdleHarness({ webSocket: undefined });
    const { WebSocket } = globalThis;
    Reflect.deleteProperty(globalThis, "WebSocket");
    try {
      await expect(client.publish("room", 1)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    } finally {
      Object.assign(globalThis, { WebSocket });
    }
  });
});
