/** A connection's presence, from its SUBSCRIBE to the events of the members topic, over ports in memory. */
import { describe, expect, it } from "vitest";
import { readMembers } from "../../../packages/pubsub/src/core/presence/members.ts";
import { membersTopic } from "../../../packages/pubsub/src/core/reserved-topics.ts";
import { revoke } from "../../../packages/pubsub/src/core/subscriptions/revoke.ts";
import { createWebsocketHandler } from "../../../packages/pubsub/src/handlers/websocket.ts";
import { presenceWorld, TOPIC } from "./presence-support.ts";

const epoch: unknown = expect.stringMatching(/^[0-9a-z]{9}$/);

describe("SUBSCRIBE with presence", () => {
  it("posts the position of the members topic and a list of the user alone, if nobody was there", async () => {
    const world = presenceWorld();
    const ada = world.connect("a", { userId: "ada" });
    await ada.join({ name: "Ada" });
    expect(ada.posted().at(-1)).toMatchObject({
      type: "SUBSCRIBED",
      topicId: TOPIC,
      members: { epoch, offset: 0, count: 1, list: [{ userId: "ada", info: { name: "Ada" } }] },
    });
  });

  it("tells everybody who is there, once a tick has come", async () => {
    const world = presenceWorld();
    const ada = world.connect("a", { userId: "ada" });
    const ben = world.connect("b", { userId: "ben" });
    await ada.join();
    await ben.join();
    await world.pass(6);
    const both = { count: 2, list: [{ userId: "ada" }, { userId: "ben" }] };
    expect(ada.members()).toEqual([both]);
    expect(ben.members()).toEqual([both]);
    const late = world.connect("c", { userId: "cid" });
    await late.join();
    expect(late.posted().at(-1)).toMatchObject({
      members: { epoch, offset: 1, count: 3, list: [...both.list, { userId: "cid" }] },
    });
  });

  it("refuses a client without a user, and any client if the handler has no presence", async () => {
    const world = presenceWorld();
    const nobody = world.connect("n", {});
    await nobody.join();
    expect(nobody.posted()).toMatchObject([
      { type: "ERROR", code: "FORBIDDEN", message: "presence needs a user: authorize must return a userId" },
    ]);
    const off = presenceWorld({ presence: false });
    const ada = off.connect("a", { userId: "ada" });
    await ada.join();
    expect(ada.posted()).toMatchObject([{ type: "ERROR", code: "FORBIDDEN" }]);
    expect(await off.rowsOf(TOPIC)).toEqual([]);
    expect(await off.rowsOf(membersTopic(TOPIC))).toEqual([]);
  });
});

describe("the end of a membership", () => {
  it("comes with a second SUBSCRIBE without presence, and with the revocation of the topic, at once", async () => {
    for (const how of ["SUBSCRIBE", "revoke"]) {
      const world = presenceWorld();
      const ada = world.connect("a", { userId: "ada" });
      const ben = world.connect("b", { userId: "ben" });
      await ada.join();
      await ben.join();
      await world.pass(60);
      if (how === "SUBSCRIBE") await ben.send({ action: "SUBSCRIBE", topicId: TOPIC });
      else await revoke(world.context, { userId: "ben", topicId: TOPIC });
      expect(await world.rowsOf(membersTopic(TOPIC))).toEqual(["a"]);
      // Who is put out does not come back
      await world.pass(how === "revoke" ? 2 : 25);
      expect(ada.users(), how).toEqual(["ada"]);
    }
  });

  it.each(["UNSUBSCRIBE", "$disconnect", "a 410 to the topic", "a 410 to its members topic"])(
    "shows a user as gone after ten seconds of grace: %s",
    async (how) => {
      const world = presenceWorld();
      const ada = world.connect("a", { userId: "ada" });
      const ben = world.connect("b", { userId: "ben" });
      await ada.join();
      await ben.join();
      await world.pass(60);
      if (how === "UNSUBSCRIBE") await ben.send({ action: "UNSUBSCRIBE", topicId: TOPIC });
      else if (how === "$disconnect") await ben.disconnect();
      else ben.vanish();
      if (how === "a 410 to the topic") await world.publish("x");
      if (how === "a 410 to its members topic") await world.connect("c", { userId: "cid" }).join();
      await world.pass(8);
      expect(ada.users()).toContain("ben");
      await world.pass(14);
      expect(ada.users()).not.toContain("ben");
      expect(await world.rowsOf(membersTopic(TOPIC))).not.toContain("b");
    },
  );

  it("shows neither a leave nor a join for a reload within ten seconds, and no join for a second tab", async () => {
    const world = presenceWorld();
    const ada = world.connect("a", { userId: "ada" });
    const ben = world.connect("b", { userId: "ben" });
    await ada.join();
    await ben.join();
    await world.pass(60);
    const before = ada.members().length;
    await ben.disconnect();
    await world.pass(9);
    await world.connect("b2", { userId: "ben" }).join();
    await world.connect("b3", { userId: "ben" }).join();
    await world.pass(60);
    expect(ada.members()).toHaveLength(before);
  });
});

describe("above the limits of a list", () => {
  it("tells 201 members their number alone, and 200 everybody", async () => {
    const world = presenceWorld();
    const first = world.connect("c0", { userId: "user-0" });
    await first.join();
    for (let n = 1; n < 200; n++) await world.connect(`c${n}`, { userId: `user-${n}` }).join();
    await world.pass(20);
    expect(first.members().at(-1)).toMatchObject({ count: 200 });
    expect(first.users()).toHaveLength(200);
    await world.connect("c200", { userId: "user-200" }).join();
    await world.pass(20);
    expect(first.members().at(-1)).toEqual({ count: 201 });
    const late = world.connect("late", { userId: "late" });
    await late.join();
    expect(late.posted()).toMatchObject([{ type: "SUBSCRIBED", members: { count: 201 } }]);
    expect(late.posted()[0]?.members).not.toHaveProperty("list");
  });

  it("tells members their number alone if what is known of them takes more than 24 KB", async () => {
    const world = presenceWorld();
    const info = "x".repeat(1_000);
    const clients = Array.from({ length: 25 }, (_, n) => world.connect(`c${n}`, { userId: `user-${n}` }));
    for (const client of clients) await client.join(info);
    await world.pass(20);
    expect(clients[0]?.members().at(-1)).toEqual({ count: 25 });
  });
});

describe("what a client says of its user", () => {
  it("refuses info of more than 1,024 bytes, and presence that is no object", async () => {
    const world = presenceWorld();
    const ada = world.connect("a", { userId: "ada" });
    await ada.join("x".repeat(1_023));
    await ada.send({ action: "SUBSCRIBE", topicId: TOPIC, presence: true });
    expect(ada.posted()).toMatchObject([
      { code: "INVALID_FRAME", message: "presence.info must be at most 1024 bytes as JSON text; got 1025" },
      { code: "INVALID_FRAME", message: expect.stringMatching("presence must be { info\\? }") },
    ]);
    expect(await world.rowsOf(membersTopic(TOPIC))).toEqual([]);
  });

  it("shows the info of the newest tab, and tells the others when it changes", async () => {
    const world = presenceWorld();
    const ada = world.connect("a", { userId: "ada" });
    await ada.join({ mood: "fine" });
    await world.pass(20);
    await world.connect("a2", { userId: "ada" }).join({ mood: "busy" });
    await world.pass(20);
    expect(ada.members().map(({ list }) => list)).toEqual([
      [{ userId: "ada", info: { mood: "fine" } }],
      [{ userId: "ada", info: { mood: "busy" } }],
    ]);
  });
});

describe("activity", () => {
  it("is marked by a PING that names the members topic, only if the handler marks it", async () => {
    for (const markActivity of [true, false]) {
      const world = presenceWorld({ presence: true, markActivity });
      const ada = world.connect("a", { userId: "ada" });
      await ada.join();
      await world.connect("b", { userId: "ben" }).join();
      await world.pass(300);
      const [{ members }] = ada.posted() as [{ members: { epoch: string; offset: number } }];
      await ada.send({ action: "PING", positions: { [membersTopic(TOPIC)]: members } });
      const activeSinceMs = world.context.clock.now() - 60_000;
      const active = await readMembers(world.context, { topicId: TOPIC, activeSinceMs });
      expect(active.map(({ userId }) => userId)).toEqual(markActivity ? ["ada"] : []);
    }
  });

  it("needs presence, and presence needs the queue", () => {
    expect(() => presenceWorld({ markActivity: true })).toThrow(
      "markActivity must be set only with presence",
    );
    const options = { config: { dynamodbTableName: "table" }, authorize: () => true, presence: true };
    expect(() => createWebsocketHandler(options)).toThrow("config.fanoutQueueUrl must be the URL");
  });
});
