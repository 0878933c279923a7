/** Workers that die while a membership ends. A removal that no tick tells would show the user as a member for hours. */
import { describe, expect, it } from "vitest";
import { countAbandonments } from "../../../packages/pubsub/src/core/fanout/abandonments.ts";
import { leaveMembers } from "../../../packages/pubsub/src/core/presence/leave.ts";
import { membersTopic } from "../../../packages/pubsub/src/core/reserved-topics.ts";
import { endConnection } from "../../../packages/pubsub/src/core/subscriptions/end-connection.ts";
import { type Client, type PresenceWorld, presenceWorld, TOPIC } from "./presence-support.ts";

type Context = PresenceWorld["context"] & Parameters<typeof countAbandonments>[0];

const MEMBERS = membersTopic(TOPIC);

const ENDS: Record<string, (context: Context, client: Client) => Promise<unknown>> = {
  "a 410": (context, { consumer }) => leaveMembers(context, [{ consumer, topicId: MEMBERS }]),
  $disconnect: (context, { consumer }) => endConnection(context, consumer),
  async "the third abandonment in a row"(context, { consumer }) {
    const subscription = await context.subscriptions.find({ consumer, topicId: MEMBERS });
    if (!subscription || subscription === "expired") throw new Error(`no subscription, but ${subscription}`);
    const { subscribedAt } = subscription;
    const abandonments = { inRow: 2, inAll: 2, lastAtMs: 0 };
    await context.subscriptions.replaceAbandonments(subscription, abandonments);
    const failed = { consumer, format: "event", subscribedAt, from: 1, abandonments, reason: "429" } as const;
    const run = { topicId: MEMBERS, epoch: "0m1c2d3e4", events: [], attempt: 1 };
    await countAbandonments(context, run, { abandoned: [failed], recovered: [] });
  },
};

/** A process that dies when it sends a message: the call does not return. */
function dying({ context }: PresenceWorld): { context: Context; death: Promise<void> } {
  let die = (): void => {};
  const death = new Promise<void>((resolve) => {
    die = resolve;
  });
  const send = (): Promise<never> => {
    die();
    return new Promise(() => {});
  };
  const limits = { deadlineMs: Number.POSITIVE_INFINITY, leaseUntilMs: Number.POSITIVE_INFINITY };
  return { context: { ...context, ...limits, queue: { ...context.queue, send } } as Context, death };
}

describe("a worker that dies before it has sent the tick", () => {
  it.each(Object.keys(ENDS))("leaves the membership, which the next post finds: %s", async (how) => {
    const world = presenceWorld();
    const ada = world.connect("a", { userId: "ada" });
    const ben = world.connect("b", { userId: "ben" });
    await ada.join();
    await ben.join();
    await world.pass(60);
    ben.vanish();
    const { context, death } = dying(world);
    void ENDS[how]?.(context, ben);
    await death;
    expect(await world.rowsOf(MEMBERS)).toEqual(["a", "b"]);
    await world.connect("c", { userId: "cid" }).join();
    await world.pass(30);
    expect(ada.users()).toEqual(["ada", "cid"]);
  });

  it("leaves the membership to a second UNSUBSCRIBE, which finds no subscription to the topic", async () => {
    const world = presenceWorld();
    const ada = world.connect("a", { userId: "ada" });
    await ada.join();
    await world.pass(60);
    await world.context.subscriptions.take({ consumer: ada.consumer, topicId: TOPIC });
    await ada.send({ action: "UNSUBSCRIBE", topicId: TOPIC });
    expect(await world.rowsOf(MEMBERS)).toEqual([]);
  });
});

describe("a SUBSCRIBE that is denied or fails after its membership was written", () => {
  /** Lets the workers work for some seconds between the write and the check of it. */
  function slowCheck(world: PresenceWorld, seconds: number, end: { ended: true } | Error): void {
    const { subscriptions } = world.context;
    const { standing } = subscriptions;
    subscriptions.standing = async (query) => {
      subscriptions.standing = standing;
      await world.pass(seconds);
      if (end instanceof Error) throw end;
      return { ...(await standing(query)), ...end };
    };
  }

  it("tells those who were shown the user by a look meanwhile that he is not there", async () => {
    const world = presenceWorld();
    const ada = world.connect("a", { userId: "ada" });
    await ada.join();
    await world.pass(60);
    await world.connect("c", { userId: "cid" }).join();
    const ben = world.connect("b", { userId: "ben" });
    slowCheck(world, 6, { ended: true });
    await ben.join();
    expect(ada.users()).toEqual(["ada", "ben", "cid"]);
    expect(await world.rowsOf(MEMBERS)).toEqual(["a", "c"]);
    await world.pass(3);
    expect(ada.users()).toEqual(["ada", "cid"]);
  });

  it("keeps a member whose second SUBSCRIBE fails for the grace, in which his client subscribes again", async () => {
    const world = presenceWorld();
    const ada = world.connect("a", { userId: "ada" });
    const ben = world.connect("b", { userId: "ben" });
    await ada.join();
    await ben.join();
    await world.pass(60);
    const before = ada.members().length;
    await world.connect("c", { userId: "cid" }).join();
    slowCheck(world, 0, new Error("the table is slow"));
    await ben.join();
    await world.pass(2);
    await ben.join();
    await world.pass(30);
    const told = ada.members().slice(before);
    expect(told.map(({ list }) => list?.map(({ userId }) => userId))).toEqual([["ada", "ben", "cid"]]);
  });
});
