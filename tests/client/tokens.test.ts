import { describe, expect, it } from "vitest";
import { PubsubClientError, type TopicToken } from "../../packages/client/src/index.ts";
import { createHarness, type Harness, ignore } from "../support/client-harness.ts";

/** A connected client. */
function connected(): Harness & { ask(): Promise<string>; asked: PromiseWithResolvers<string>[] } {
  const harness = createHarness();
  harness.socket().open();
  const asked: PromiseWithResolvers<string>[] = [];
  const ask = (): Promise<string> => {
    const answer = Promise.withResolvers<string>();
    asked.push(answer);
    return answer.promise;
  };
  return { ...harness, ask, asked };
}

describe("a token", () => {
  it("is sent with each SUBSCRIBE of its topic and with no other request", async () => {
    const { client, socket, time } = connected();
    client.subscribe("room", ignore, { token: "secret-1" });
    client.subscribe("open", ignore);
    expect(socket().subscribed(0, { topicId: "room" }).token).toBe("secret-1");
    expect(socket().subscribed(0, { topicId: "open" })).not.toHaveProperty("token");
    await time.pass(3_000);
    expect(JSON.stringify(socket().sent)).not.toContain("secret");
    socket().cut();
    await time.pass(500);
    socket().open();
    expect(socket().take("SUBSCRIBE", "room").token).toBe("secret-1");
  });

  it("is requested again for each SUBSCRIBE that sends it", async () => {
    const { client, socket, time } = connected();
    let tokens = 0;
    const subscription = client.subscribe("room", ignore, { token: () => `secret-${++tokens}` });
    await time.pass(0);
    expect(socket().subscribed(0).token).toBe("secret-1");
    await subscription.ready;
    socket().cut();
    await time.pass(500);
    socket().open();
    await time.pass(0);
    expect([socket().take("SUBSCRIBE").token, tokens]).toEqual(["secret-2", 2]);
  });

  it("delays SUBSCRIBE until it resolves, and the position sent is the one from before", async () => {
    const { client, socket, time, ask, asked } = connected();
    const since = { epoch: "a", offset: 4 };
    client.subscribe("room", ignore, { token: ask, since });
    await time.pass(9_000);
    expect([asked.length, socket().sent.filter(({ action }) => action !== "PING")]).toEqual([1, []]);
    asked[0]?.resolve("slow");
    await time.pass(0);
    expect(socket().take("SUBSCRIBE")).toMatchObject({ token: "slow", since });
  });

  it("is not sent when it resolves after its connection was lost, and the next connection requests another", async () => {
    const { client, socket, sockets, time, ask, asked } = connected();
    client.subscribe("room", ignore, { token: ask });
    await time.pass(0);
    socket().cut();
    await time.pass(500);
    socket().open();
    await time.pass(0);
    asked[0]?.resolve("late");
    await time.pass(0);
    expect(sockets.flatMap(({ sent }) => sent)).toEqual([]);
    asked[1]?.resolve("fresh");
    await time.pass(0);
    expect(socket().take("SUBSCRIBE").token).toBe("fresh");
  });

  it("leaves no subscription when the subscriber stopped before it resolved", async () => {
    const { client, socket, time, ask, asked } = connected();
    client.subscribe("room", ignore, { token: ask })();
    await time.pass(0);
    asked[0]?.resolve("unwanted");
    await time.pass(0);
    if (socket().sent.length > 0) socket().subscribed(0);
    expect(socket().sent.map(({ action }) => action)).toEqual(["UNSUBSCRIBE"]);
    client.close();
    expect(time.timers).toBe(0);
  });

  it("leaves no timer when it rejects after close()", async () => {
    const { client, time, ask, asked } = connected();
    client.subscribe("room", ignore, { token: ask });
    await time.pass(0);
    client.close();
    asked[0]?.reject(new Error("aborted"));
    await time.pass(0);
    expect(time.timers).toBe(0);
  });

  it("of the latest subscriber is sent for the topic until that subscriber stops", async () => {
    const { client, socket, time } = connected();
    client.subscribe("room", ignore, { token: "first" });
    const last = client.subscribe("room", ignore, { token: "last" });
    client.subscribe("room", ignore);
    expect(socket().subscribed(0).token).toBe("first");
    const reconnected = async (): Promise<string | undefined> => {
      socket().cut();
      await time.pass(500);
      socket().open();
      return socket().subscribed(0).token;
    };
    expect(await reconnected()).toBe("last");
    last();
    expect(await reconnected()).toBe("first");
  });

  it.each<[string, unknown]>([
    ["a number", 5],
    ["null", null],
    ["an object", { token: "secret" }],
  ])("must be a string or a function, and the error does not show it: %s", (_, token) => {
    const { client } = connected();
    const subscribe = (): unknown => client.subscribe("room", ignore, { token: token as TopicToken });
    expect(subscribe).toThrow(
      /^options\.token must be a string that is not empty, or a function; got [^"]*$/,
    );
  });

  it("must not be an empty string", () => {
    const { client } = connected();
    expect(() => client.subscribe("room", ignore, { token: "" })).toThrow(
      /must be a string that is not empty/,
    );
  });
});

describe("a token function that fails", () => {
  it.each<[string, () => string | Promise<string>]>([
    [
      "throws",
      () => {
        throw new Error("no network");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no network"))],
  ])("is reported, and called again with growing delays: %s", async (_, fail) => {
    const { client, socket, time, errors } = connected();
    let calls = 0;
    let works = false;
    const token = (): string | Promise<string> => {
      calls++;
      return works ? "at last" : fail();
    };
    const subscription = client.subscribe("room", ignore, { token });
    await time.pass(0);
    expect(errors).toMatchObject([
      { code: "CALLBACK_FAILED", message: "token failed", cause: { message: "no network" } },
    ]);
    await time.pass(40_000);
    // 250, 500, 1,000, … and at last 5,000 ms apart: half of each window
    expect(calls).toBeGreaterThan(5);
    expect(calls).toBeLessThan(14);
    works = true;
    await time.pass(10_000);
    expect(socket().subscribed(3).token).toBe("at last");
    expect(await subscription.ready).toEqual({ epoch: "a", offset: 3 });
  });
});

describe("a token function without a token", () => {
  it("that does not settle is called again after 10 s, and its late token is not sent", async () => {
    const { client, socket, time, errors, ask, asked } = connected();
    client.subscribe("room", ignore, { token: ask });
    await time.pass(11_000);
    expect(errors).toMatchObject([
      { code: "CALLBACK_FAILED", cause: { message: "no token after 10000 ms" } },
    ]);
    expect(asked).toHaveLength(2);
    asked[0]?.resolve("late");
    await time.pass(0);
    expect(socket().sent.filter(({ action }) => action === "SUBSCRIBE")).toEqual([]);
    asked[1]?.resolve("fresh");
    await time.pass(0);
    expect(socket().take("SUBSCRIBE").token).toBe("fresh");
  });

  it.each<[string, unknown]>([
    ["an empty string", ""],
    ["undefined", undefined],
    ["an object", { token: "secret" }],
  ])("is reported and called again: %s", async (_, value) => {
    const { client, socket, time, errors } = connected();
    let calls = 0;
    client.subscribe("room", ignore, { token: () => (++calls === 1 ? (value as string) : "fresh") });
    await time.pass(0);
    expect(errors).toMatchObject([{ code: "CALLBACK_FAILED", message: "token failed" }]);
    expect(String(errors[0]?.cause)).toMatch(/expected a string that is not empty; got/);
    expect(String(errors[0]?.cause)).not.toContain("secret");
    await time.pass(500);
    expect(socket().take("SUBSCRIBE").token).toBe("fresh");
  });
});

describe("a token that the server rejects", () => {
  it("is replaced by another one of its function, so that a stale one does not end the subscription", async () => {
    const { client, socket, time } = connected();
    const tokens = ["stale", "stale", "fresh"];
    const subscription = client.subscribe("room", ignore, { token: () => tokens.shift() ?? "none" });
    await time.pass(0);
    for (const waitMs of [500, 1_000]) {
      socket().refuse("FORBIDDEN");
      await time.pass(waitMs);
    }
    expect(socket().subscribed(3).token).toBe("fresh");
    expect(await subscription.ready).toEqual({ epoch: "a", offset: 3 });
  });

  it("ends the subscription after four more of the same function", async () => {
    const { client, socket, time, errors } = connected();
    let calls = 0;
    const subscription = client.subscribe("room", ignore, { token: () => `secret-${++calls}` });
    await time.pass(0);
    for (let tries = 0; tries < 5; tries++) {
      socket().refuse("FORBIDDEN");
      await time.pass(10_000);
    }
    await expect(subscription.ready).rejects.toMatchObject({ code: "REFUSED" });
    await time.pass(60_000);
    const refusals = errors.filter((error) => error.code === "REFUSED");
    expect([calls, refusals.length]).toEqual([5, 5]);
  });

  it("ends only its subscriber: the others of the topic are subscribed with the token before", async () => {
    const { client, socket, time } = connected();
    const seen: number[] = [];
    client.subscribe("room", ({ offset }) => seen.push(offset), { token: "good" });
    const second = client.events("room", { token: "bad" });
    expect(socket().subscribed(0).token).toBe("good");
    socket().cut();
    await time.pass(500);
    socket().open();
    expect(socket().refuse("FORBIDDEN").token).toBe("bad");
    await expect(second.next()).rejects.toMatchObject({ code: "REFUSED" });
    expect(socket().subscribed(0).token).toBe("good");
    socket().events([1]);
    expect(seen).toEqual([1]);
  });
});

describe("a subscription that the server rejects", () => {
  it.each(["FORBIDDEN", "TOO_MANY_SUBSCRIPTIONS"])("reports %s and does not retry", async (code) => {
    const { client, socket, time, errors } = connected();
    let calls = 0;
    const next = (): string => `secret-${++calls}`;
    // A function may have another token: only the text of a token is final
    const token = code === "FORBIDDEN" ? next() : next;
    const subscription = client.subscribe("room", ignore, { token });
    await time.pass(0);
    socket().refuse(code);
    await expect(subscription.ready).rejects.toMatchObject({ code: "REFUSED", context: { code } });
    await time.pass(40_000);
    expect(errors).toMatchObject([{ code: "REFUSED", context: { code, topicId: "room" } }]);
    expect([calls, socket().sent.filter(({ action }) => action === "SUBSCRIBE")]).toEqual([1, []]);
    expect(errors.map((error) => JSON.stringify([error, error.message, error.stack])).join()).not.toContain(
      "secret",
    );
  });

  it("rejects the iteration with the same error", async () => {
    const { client, socket } = connected();
    const events = client.events("room", { token: "secret" });
    expect(socket().refuse("FORBIDDEN").token).toBe("secret");
    await expect(events.next()).rejects.toBeInstanceOf(PubsubClientError);
  });

  it("retries later after RATE_LIMITED", async () => {
    const { client, socket, time } = connected();
    const subscription = client.subscribe("room", ignore);
    socket().refuse("RATE_LIMITED");
    expect(socket().sent).toEqual([]);
    await time.pass(250);
    socket().subscribed(7);
    expect(await subscription.ready).toEqual({ epoch: "a", offset: 7 });
  });
});
