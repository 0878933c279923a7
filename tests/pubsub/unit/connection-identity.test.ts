import { describe, expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import type { Subscriptions } from "../../../packages/pubsub/src/core/ports.ts";
import { revoke } from "../../../packages/pubsub/src/core/subscriptions/revoke.ts";
import type { Authorize, AuthorizeDecision } from "../../../packages/pubsub/src/handlers/authorize.ts";
import { collect, consumerOf } from "../../support/samples.ts";
import { type IdentityWorld, identityWorld } from "./connection-identity-support.ts";

/** Lets the user in with these terms, and everybody subscribe and publish. */
const letting =
  (terms: Omit<AuthorizeDecision, "allow">): Authorize =>
  ({ action }) =>
    action === "CONNECT" ? { allow: true, ...terms } : true;

const SUBSCRIBE = { action: "SUBSCRIBE", topicId: "room", requestId: "r" };
const PUBLISH = { action: "PUBLISH", topicId: "room", data: 1, requestId: "p" };

const rowOf = ({ subscriptions, consumer }: IdentityWorld, topicId = "room") =>
  subscriptions.find({ consumer, topicId });

const secondsFromNow = ({ clock }: IdentityWorld, seconds: number): number =>
  Math.floor(clock.now() / 1_000) + seconds;

describe("a handshake", () => {
  it("records the user that the hook returned, before it is answered", async () => {
    const world: IdentityWorld = identityWorld({
      authorize: ({ action }) =>
        action === "CONNECT" && {
          allow: true,
          userId: "user-7",
          info: { name: "Ada" },
          until: secondsFromNow(world, 60),
          issuedAt: secondsFromNow(world, -5),
        },
    });
    expect(await world.connect()).toBe(200);
    expect(await world.subscriptions.identityOf(world.consumer)).toEqual({
      userId: "user-7",
      info: '{"name":"Ada"}',
      untilSeconds: secondsFromNow(world, 60),
      decidedAtMs: secondsFromNow(world, -5) * 1_000,
    });
    expect(await collect(world.subscriptions.connectionsOf("user-7"))).toEqual([world.consumer]);
  });

  it.each<[string, Authorize | "everybody"]>([
    ["everybody may connect", "everybody"],
    ["the hook returns true", () => true],
    ["the hook names no user", () => ({ allow: true })],
  ])("writes and reads nothing if %s", async (_, authorize) => {
    const refuse = async (): Promise<never> => {
      throw new Error("no port may be called");
    };
    const ports = {
      identify: refuse,
      userRevokedAt: refuse,
      put: refuse,
      standing: refuse,
      identityOf: refuse,
    };
    expect(await identityWorld({ authorize, userTopics: "event" }, () => ports).connect()).toBe(200);
  });

  it("is answered with 500 if the user could not be recorded, because the client may try again", async () => {
    const identify = async (): Promise<never> => {
      throw new PubsubError("STORAGE_FAILED", "down", { retryable: true });
    };
    const world = identityWorld({ authorize: letting({ userId: "user-7" }) }, () => ({ identify }));
    expect(await world.connect()).toBe(500);
    expect(world.observed).toContainEqual(
      expect.objectContaining({ event: "background-failure", stage: "identify-connection" }),
    );
  });

  it("is answered with 500 and records nothing if the subprotocol cannot be chosen", async () => {
    const world = identityWorld({ authorize: letting({ userId: "user-7", subprotocol: "not-offered" }) });
    expect(await world.connect()).toBe(500);
    expect(await world.subscriptions.identityOf(world.consumer)).toBeUndefined();
  });

  it.each(["off", "event"] as const)(
    "is refused with 403, and leaves nothing, if the user was revoked after the permission: userTopics %s",
    async (userTopics) => {
      const world: IdentityWorld = identityWorld({
        authorize: () => ({ allow: true, userId: "user-7", issuedAt: secondsFromNow(world, -60) }),
        userTopics,
      });
      await revoke(world, { userId: "user-7" });
      expect(await world.connect()).toBe(403);
      expect(await world.subscriptions.identityOf(world.consumer)).toBeUndefined();
      expect(await collect(world.subscriptions.connectionsOf("user-7"))).toEqual([]);
      expect(await rowOf(world, "$user/7")).toBeUndefined();
      expect(world.observed).toContainEqual(
        expect.objectContaining({ event: "access-denied", action: "CONNECT" }),
      );
      world.clock.advance(120_000);
      expect(await world.connect()).toBe(200);
    },
  );

  it("is refused if the user is revoked between the hook's decision and the write", async () => {
    const change = (subscriptions: Subscriptions): Partial<Subscriptions> => ({
      async identify(connection) {
        await revoke({ ...world, subscriptions }, { userId: "user-7" });
        await subscriptions.identify(connection);
      },
    });
    const world = identityWorld({ authorize: letting({ userId: "user-7" }) }, change);
    expect(await world.connect()).toBe(403);
  });

  it("is accepted if the user was only revoked from a topic, also from the user's own, which it then does not get", async () => {
    const world: IdentityWorld = identityWorld({
      authorize: () => ({ allow: true, userId: "7", issuedAt: secondsFromNow(world, -60) }),
      userTopics: "event",
    });
    await revoke(world, { userId: "7", topicId: "$user/7" });
    expect(await world.connect()).toBe(200);
    expect(await rowOf(world, "$user/7")).toBeUndefined();
  });
});

describe("a subscription of a connection with a user", () => {
  it("has the user, and none of the info, which would make every fan-out read more", async () => {
    const world = identityWorld({ authorize: letting({ userId: "user-7", info: { name: "Ada" } }) });
    await world.connect();
    expect(await world.send(SUBSCRIBE)).toMatchObject([{ type: "SUBSCRIBED", requestId: "r" }]);
    expect(await rowOf(world)).toMatchObject({ userId: "user-7" });
    expect(await rowOf(world)).not.toHaveProperty("info");
  });

  it("has the user of its own grant, and the connection stays the handshake's", async () => {
    const authorize: Authorize = ({ action }) => ({
      allow: true,
      userId: action === "CONNECT" ? "ada" : "bob",
    });
    const world = identityWorld({ authorize });
    await world.connect();
    await world.send(SUBSCRIBE);
    expect(await rowOf(world)).toMatchObject({ userId: "bob" });
    expect(await world.subscriptions.identityOf(world.consumer)).toMatchObject({ userId: "ada" });
    await revoke(world, { userId: "bob" });
    expect(await rowOf(world)).toBeUndefined();
  });

  it("is written once if the hook asked who the user is, and twice otherwise", async () => {
    for (const [asks, writes] of [
      [true, 1],
      [false, 2],
    ] as const) {
      let written = 0;
      const count = (subscriptions: Subscriptions): Partial<Subscriptions> => ({
        put: (row) => subscriptions.put(row).then(() => void written++),
        replace: (row) => subscriptions.replace(row).finally(() => written++),
      });
      const authorize: Authorize = async ({ action, user }) =>
        action === "CONNECT" ? { allow: true, userId: "ada" } : !asks || (await user())?.userId === "ada";
      const world = identityWorld({ authorize }, count);
      await world.connect();
      await world.send(SUBSCRIBE);
      expect(await rowOf(world)).toMatchObject({ userId: "ada" });
      expect(written).toBe(writes);
    }
  });

  it("ends with the connection's time, and SUBSCRIBED says when", async () => {
    const world: IdentityWorld = identityWorld({
      authorize: (request) => letting({ userId: "ada", until: secondsFromNow(world, 60) })(request),
    });
    await world.connect();
    const expiresAt = secondsFromNow(world, 60);
    expect(await world.send(SUBSCRIBE)).toMatchObject([{ type: "SUBSCRIBED", expiresAt }]);
    expect(await rowOf(world)).toMatchObject({ expiresAtSeconds: expiresAt });
    world.clock.advance(60_001);
    expect(await rowOf(world)).toBe("expired");
  });

  it.each([
    ["SUBSCRIBE", SUBSCRIBE],
    ["PUBLISH", PUBLISH],
  ])("is refused after the connection's time has passed: %s", async (_, frame) => {
    const until = { at: 0 };
    const world = identityWorld({
      authorize: (request) => letting({ userId: "ada", until: until.at })(request),
    });
    until.at = secondsFromNow(world, 60);
    await world.connect();
    world.clock.advance(61_000);
    expect(await world.send(frame)).toMatchObject([{ type: "ERROR", code: "FORBIDDEN" }]);
    expect(await rowOf(world)).toBeUndefined();
    expect(await collect(world.log.read({ topicId: "room", epoch: "000000000", after: 0 }))).toEqual([]);
    const reason = "the connection was let in until a time that has passed";
    expect(world.observed).toContainEqual(expect.objectContaining({ event: "access-denied", reason }));
  });

  it("does not come back if a revocation removes it before it is known whose it is", async () => {
    const change = (subscriptions: Subscriptions): Partial<Subscriptions> => ({
      async replace(row) {
        await revoke({ ...world, subscriptions }, { userId: "ada" });
        return subscriptions.replace(row);
      },
    });
    const world = identityWorld({ authorize: letting({ userId: "ada" }) }, change);
    await world.connect();
    expect(await world.send(SUBSCRIBE)).toMatchObject([{ type: "ERROR", code: "STORAGE_FAILED" }]);
    expect(await rowOf(world)).toBeUndefined();
  });

  it("is removed by a revocation of the handshake's user", async () => {
    const world = identityWorld({ authorize: letting({ userId: "ada" }) });
    await world.connect();
    await world.send(SUBSCRIBE);
    await revoke(world, { userId: "ada" });
    expect(await rowOf(world)).toBeUndefined();
    // The hook decides within the tolerance for clocks: it is asked again
    expect(await world.send(PUBLISH)).toMatchObject([{ type: "ERROR", code: "AUTHORIZE_FAILED" }]);
  });
});

describe("user() of a request", () => {
  it("returns who the connection is, and reads that once for a message", async () => {
    let reads = 0;
    const seen: unknown[] = [];
    const change = (subscriptions: Subscriptions): Partial<Subscriptions> => ({
      identityOf(consumer) {
        reads += 1;
        return subscriptions.identityOf(consumer);
      },
    });
    const until = { at: 0 };
    const authorize: Authorize = async ({ action, user }) => {
      seen.push(await user(), await user());
      if (action === "CONNECT") return { allow: true, userId: "ada", info: { name: "Ada" }, until: until.at };
      return true;
    };
    const world = identityWorld({ authorize }, change);
    until.at = secondsFromNow(world, 60);
    await world.connect();
    expect({ seen: seen.splice(0), reads }).toEqual({ seen: [undefined, undefined], reads: 0 });
    const ada = { userId: "ada", info: { name: "Ada" }, untilSeconds: until.at };
    await world.send(SUBSCRIBE);
    await world.send(PUBLISH);
    expect({ seen, reads }).toEqual({ seen: [ada, ada, ada, ada], reads: 2 });
  });

  it("returns undefined for a connection whose user only a subscription's grant named", async () => {
    const seen: unknown[] = [];
    const authorize: Authorize = async ({ action, user }) => {
      if (action === "CONNECT") return true;
      seen.push(await user());
      return { allow: true, userId: "bob" };
    };
    const world = identityWorld({ authorize });
    await world.connect();
    await world.send(SUBSCRIBE);
    await world.send(SUBSCRIBE);
    expect(seen).toEqual([undefined, undefined]);
  });

  it("leaves the request undecided if the row cannot be read", async () => {
    const identityOf = async (): Promise<never> => {
      throw new PubsubError("STORAGE_FAILED", "down", { retryable: true });
    };
    const authorize: Authorize = async ({ user }) => (await user()) === undefined;
    const world = identityWorld({ authorize }, () => ({ identityOf }));
    await world.connect();
    expect(await world.send(SUBSCRIBE)).toMatchObject([{ type: "ERROR", code: "AUTHORIZE_FAILED" }]);
  });
});

describe("the topic of a connection's own user", () => {
  const OWN = { action: "SUBSCRIBE", user: true, format: "event", requestId: "r", nonce: "1-2-3-4" };

  it.each(["data", "event"] as const)(
    "is subscribed to by the handshake, in the format %s",
    async (userTopics) => {
      const world = identityWorld({ authorize: letting({ userId: "ada", info: "Ada" }), userTopics });
      await world.connect();
      const row = await rowOf(world, "$user/ada");
      expect(row).toMatchObject({ format: userTopics, userId: "ada" });
      expect(row).not.toHaveProperty("info");
    },
  );

  it("is subscribed to by a SUBSCRIBE without its name, with a nonce and a position", async () => {
    const asked: unknown[] = [];
    const authorize: Authorize = ({ action }) => {
      asked.push(action);
      return { allow: true, userId: "ada" };
    };
    const world = identityWorld({ authorize, userTopics: "data" });
    await world.connect();
    const { epoch } = await world.publish({ topicId: "$user/ada", data: { n: 1 } });
    expect(await world.send({ ...OWN, last: 10 })).toMatchObject([
      { type: "SUBSCRIBED", requestId: "r", topicId: "$user/ada", epoch, offset: 1, nonce: "1-2-3-4" },
      { type: "EVENTS", topicId: "$user/ada", events: [{ offset: 1, data: { n: 1 } }], nonce: "1-2-3-4" },
    ]);
    expect(await rowOf(world, "$user/ada")).toMatchObject({
      format: "event",
      nonce: "1-2-3-4",
      userId: "ada",
    });
    // The handshake decided: a hook that denies unknown topics must not see this one
    expect(asked).toEqual(["CONNECT"]);
  });

  it.each([
    ["the handler has no user topics", "off", letting({ userId: "ada" })],
    ["the connection has no user", "event", letting({})],
    [
      "only a subscription's grant named a user",
      "event",
      (({ action }) => action === "CONNECT" || { allow: true, userId: "ada" }) satisfies Authorize,
    ],
  ] as [string, "off" | "event", Authorize][])("is refused if %s", async (_, userTopics, authorize) => {
    const world = identityWorld({ authorize, userTopics });
    await world.connect();
    await world.send(SUBSCRIBE);
    expect(await world.send(OWN)).toMatchObject([{ type: "ERROR", requestId: "r", code: "FORBIDDEN" }]);
    expect(await rowOf(world, "$user/ada")).toBeUndefined();
  });

  it("is refused after the user was revoked, and after the connection's time has passed", async () => {
    const until = { at: 0 };
    const authorize: Authorize = (request) => letting({ userId: "ada", until: until.at })(request);
    const world = identityWorld({ authorize, userTopics: "event" });
    until.at = secondsFromNow(world, 600);
    await world.connect();
    world.clock.advance(100_000);
    await revoke(world, { userId: "ada" });
    expect(await rowOf(world, "$user/ada")).toBeUndefined();
    expect(await world.send(OWN)).toMatchObject([{ type: "ERROR", code: "FORBIDDEN" }]);
    world.clock.advance(600_000);
    expect(await world.send(OWN)).toMatchObject([{ type: "ERROR", code: "FORBIDDEN" }]);
    expect(await rowOf(world, "$user/ada")).toBeUndefined();
  });

  it("counts as a subscription of the connection", async () => {
    const world = identityWorld({
      authorize: letting({ userId: "ada" }),
      userTopics: "event",
      maxSubscriptions: 1,
    });
    await world.connect();
    expect(await world.send(SUBSCRIBE)).toMatchObject([{ type: "ERROR", code: "TOO_MANY_SUBSCRIPTIONS" }]);
    expect(await world.send(OWN)).toMatchObject([{ type: "SUBSCRIBED", topicId: "$user/ada" }]);
  });

  it("is left by an UNSUBSCRIBE that names it", async () => {
    const world = identityWorld({ authorize: letting({ userId: "ada" }), userTopics: "event" });
    await world.connect();
    await world.send({ action: "UNSUBSCRIBE", topicId: "$user/ada" });
    expect(await rowOf(world, "$user/ada")).toBeUndefined();
  });

  it("cannot be named by another user's SUBSCRIBE or PUBLISH, although the hook allows everything", async () => {
    const world = identityWorld({ authorize: () => true, userTopics: "event" });
    const thief = consumerOf("thief=");
    await world.connect(thief);
    for (const action of ["SUBSCRIBE", "PUBLISH"]) {
      const frame = { action, topicId: "$user/ada", data: 1, requestId: "r" };
      expect(await world.send(frame, thief)).toMatchObject([{ type: "ERROR", code: "INVALID_TOPIC_ID" }]);
    }
    expect(await world.subscriptions.find({ consumer: thief, topicId: "$user/ada" })).toBeUndefined();
  });
});
