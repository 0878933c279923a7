/** When a join makes a tick. Without an event, the list in SUBSCRIBED comes from the index, which no other member has seen. */
import { expect, it } from "vitest";
import { decodeMembersMessage } from "../../../packages/pubsub/src/core/presence/message.ts";
import { type PresenceWorld, presenceWorld } from "./presence-support.ts";

/** Collects the rounds of the ticks that are sent from now on. */
function roundsSentIn({ context }: PresenceWorld): (number | undefined)[] {
  const rounds: (number | undefined)[] = [];
  const { queue } = context;
  const { send } = queue;
  queue.send = (messages) => {
    rounds.push(...messages.map(({ body }) => decodeMembersMessage(body)?.round));
    return send(messages);
  };
  return rounds;
}

it("sends both looks for the first member, although the index shows the user already", async () => {
  const world = presenceWorld();
  const rounds = roundsSentIn(world);
  const ada = world.connect("a", { userId: "ada" });
  await ada.join();
  expect(ada.posted()).toMatchObject([{ members: { offset: 0, count: 1, list: [{ userId: "ada" }] } }]);
  expect(rounds).toEqual([1, 2]);
  await world.pass(2);
  expect(ada.members()).toEqual([{ count: 1, list: [{ userId: "ada" }] }]);
});

it("sends both looks again for a user who comes when the newest event is too old to count", async () => {
  const world = presenceWorld();
  const ada = world.connect("a", { userId: "ada" });
  await ada.join();
  await world.pass(60);
  const halfRetentionMs = world.pubsub.logSettings.retentionSeconds * 500;
  world.context.clock.advance(halfRetentionMs);
  const rounds = roundsSentIn(world);
  await world.connect("a2", { userId: "ada" }).join();
  expect(rounds).toEqual([1, 2]);
});

it("sends none for a user whom the newest event shows as he is, and both looks if his info has changed", async () => {
  const world = presenceWorld();
  await world.connect("a", { userId: "ada" }).join({ mood: "fine" });
  await world.pass(60);
  const rounds = roundsSentIn(world);
  await world.connect("a2", { userId: "ada" }).join({ mood: "fine" });
  expect(rounds).toEqual([]);
  await world.connect("a3", { userId: "ada" }).join({ mood: "busy" });
  expect(rounds).toEqual([1, 2]);
});
