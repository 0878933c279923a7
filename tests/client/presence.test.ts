/** Who is in a topic: subscriptions with `presence`, and the lists that the server sends them. */
import { describe, expect, it } from "vitest";
import type {
  Member,
  MembersChange,
  TopicOptions,
  TopicSubscription,
} from "../../packages/client/src/index.ts";
import { createHarness, type Harness, ignore, type ScriptedSocket } from "../support/client-harness.ts";

const NAME = "$members/room";
const named = (...names: string[]): Member[] => names.map((userId) => ({ userId }));
const members = (offset: number, list: Member[], epoch = "m"): object => {
  return { epoch, offset, count: list.length, list };
};
const ids = (list: readonly Member[] = []): string => list.map(({ userId }) => userId).join();

/** Sends an event of the members topic. */
function tick(socket: ScriptedSocket, offset: number, data: unknown, epoch = "m"): void {
  const event = { offset, publicationId: `t${offset}`, publishedAt: offset, data };
  socket.message({ type: "EVENTS", topicId: NAME, epoch, events: [event] });
}
const list = (...names: string[]): object => ({ count: names.length, list: named(...names) });

interface Present extends Harness {
  room: TopicSubscription;
  /** `ada,ben +ben -cy`: the list, who joined and who left. */
  seen: string[];
}

/** A client whose subscription of `room` with presence was confirmed with these members at m/4. */
async function createPresent(names: string[] = ["ada"], options: TopicOptions = {}): Promise<Present> {
  const harness = createHarness();
  const seen: string[] = [];
  const onMembers = (change: MembersChange): void => void seen.push(shown(change));
  const room = harness.client.subscribe("room", ignore, { presence: true, onMembers, ...options });
  harness.socket().open();
  harness.socket().subscribed(0, { members: members(4, named(...names)) });
  await room.ready;
  return { ...harness, room, seen };
}

const shown = ({ list: all, count, joined, left, updated }: MembersChange): string =>
  [
    all ? ids(all) : String(count),
    ...joined.map(({ userId }) => `+${userId}`),
    ...left.map(({ userId }) => `-${userId}`),
    ...updated.map(({ userId, info }) => `~${userId}=${JSON.stringify(info)}`),
  ].join(" ");

/** Answers every PING that was sent, with these positions of the members topic. */
function confirmAll(socket: ScriptedSocket, offset: number): (number | undefined)[] {
  const pings = socket.sent.filter(({ action }) => action === "PING");
  return pings.map(() => {
    const at = { epoch: "m", offset, recovered: true };
    return socket.pong({ [NAME]: at, room: { epoch: "a", offset: 0, recovered: true } }).positions?.[NAME]
      ?.offset;
  });
}

describe("a subscription with presence", () => {
  it("sends presence with the SUBSCRIBE, and shows the members of the response before ready resolves", async () => {
    const { client, socket, time } = createHarness();
    const room = client.subscribe("room", ignore, { presence: { info: { name: "Ada" } } });
    expect(room.members).toBeUndefined();
    socket().open();
    const frame = socket().subscribed(0, { members: members(0, named("ada")) });
    expect(frame.presence).toEqual({ info: { name: "Ada" } });
    expect(room.members).toEqual({ count: 1, list: named("ada") });
    await time.pass(3_000);
    expect(socket().take("PING").positions).toEqual({
      room: { epoch: "a", offset: 0 },
      [NAME]: { epoch: "m", offset: 0 },
    });
  });

  it("sends no presence without the option, and no field of its own with { presence: true }", () => {
    const { client, socket } = createHarness();
    client.subscribe("quiet", ignore);
    client.subscribe("room", ignore, { presence: true });
    socket().open();
    expect("presence" in socket().take("SUBSCRIBE", "quiet")).toBe(false);
    expect(socket().take("SUBSCRIBE", "room").presence).toEqual({});
  });

  it("calls onMembers with the first list and no differences, and then with who joined, left and changed", async () => {
    const { socket, seen, room, time } = await createPresent(["ada", "ben"]);
    tick(socket(), 5, list("ada", "ben", "cy"));
    await time.pass(0);
    tick(socket(), 6, { count: 2, list: [{ userId: "cy", info: { busy: true } }, { userId: "ada" }] });
    await time.pass(0);
    expect(seen).toEqual(["ada,ben", "ada,ben,cy +cy", 'cy,ada -ben ~cy={"busy":true}']);
    expect(room.members).toEqual({
      count: 2,
      list: [{ userId: "cy", info: { busy: true } }, { userId: "ada" }],
    });
  });

  it("ignores lists that arrive twice, late or in another order", async () => {
    const { socket, seen, time } = await createPresent();
    tick(socket(), 6, list("ada", "ben", "cy"));
    await time.pass(0);
    tick(socket(), 5, list("ada", "dan"));
    tick(socket(), 6, list("ada", "ben", "cy"));
    tick(socket(), 4, list("eve"));
    tick(socket(), 9, list("eve"), "l");
    await time.pass(0);
    expect(seen).toEqual(["ada", "ada,ben,cy +ben +cy"]);
  });

  it("does not call onMembers for a list of the same members in another order", async () => {
    const { socket, seen, room, time } = await createPresent(["ada", "ben"]);
    const before = room.members;
    tick(socket(), 5, list("ben", "ada"));
    await time.pass(0);
    expect([seen, room.members === before]).toEqual([["ada,ben"], true]);
  });

  it("shows the count alone above 200 members, and names nobody as joined when the list comes back", async () => {
    const { socket, seen, room, time } = await createPresent();
    tick(socket(), 5, { count: 201 });
    await time.pass(0);
    expect(room.members).toEqual({ count: 201 });
    tick(socket(), 6, { count: 202 });
    await time.pass(0);
    tick(socket(), 7, list("ada", "ben"));
    await time.pass(0);
    expect(seen).toEqual(["ada", "201", "202", "ada,ben"]);
  });

  it("holds a list that arrives before the SUBSCRIBED, and shows it after that one's", async () => {
    const { client, socket, time } = createHarness();
    const seen: string[] = [];
    client.subscribe("room", ignore, { presence: true, onMembers: (change) => seen.push(shown(change)) });
    socket().open();
    const { requestId } = socket().take("SUBSCRIBE");
    tick(socket(), 5, list("ada", "ben"));
    await time.pass(0);
    const at = { epoch: "a", offset: 0, recovered: true, members: members(4, named("ada")) };
    socket().message({ type: "SUBSCRIBED", requestId, topicId: "room", ...at });
    await time.pass(0);
    expect(seen).toEqual(["ada", "ada,ben +ben"]);
  });

  it("reports lists that are none to onError, and keeps the one before", async () => {
    const { socket, seen, errors, time } = await createPresent();
    const wrong = [null, {}, { count: -1 }, { count: 1, list: "ada" }, { count: 1, list: [{ userId: 5 }] }];
    for (const [index, data] of wrong.entries()) {
      tick(socket(), 5 + index, data);
      await time.pass(0);
    }
    expect([seen, errors.map(({ code }) => code)]).toEqual([["ada"], wrong.map(() => "UNKNOWN_FRAME")]);
    tick(socket(), 20, { count: 1, list: [{ userId: "__proto__", info: null }] });
    await time.pass(0);
    expect(seen.at(-1)).toBe("__proto__ +__proto__ -ada");
  });

  it("reports an error that a listener throws, and calls the others", async () => {
    const { socket, room, errors, seen, time } = await createPresent();
    room.onMembers(() => {
      throw new Error("broken");
    });
    await time.pass(0);
    tick(socket(), 5, list("ada", "ben"));
    await time.pass(0);
    expect(errors.map(({ message }) => message)).toEqual(["onMembers threw", "onMembers threw"]);
    expect(seen).toHaveLength(2);
  });
});

describe("onMembers of a subscription", () => {
  it("calls a late listener once with what is known, after the call, and until its removal", async () => {
    const { socket, room, time } = await createPresent(["ada", "ben"]);
    const late: string[] = [];
    const listener = (change: MembersChange): void => void late.push(shown(change));
    const remove = room.onMembers(listener);
    const removeTwin = room.onMembers(listener);
    room.onMembers(() => late.push("never"))();
    expect(late).toEqual([]);
    await time.pass(0);
    removeTwin();
    tick(socket(), 5, list("ada"));
    await time.pass(0);
    remove();
    tick(socket(), 6, list("ada", "cy"));
    await time.pass(0);
    expect(late).toEqual(["ada,ben", "ada,ben", "ada -ben"]);
  });

  it("calls nobody after the subscription has ended, although another one continues", async () => {
    const { client, socket, room, seen, time } = await createPresent();
    const other = client.subscribe("room", ignore, { presence: true });
    expect(other.members).toEqual(room.members);
    room();
    tick(socket(), 5, list("ada", "ben"));
    await time.pass(0);
    expect([seen, other.members?.count, room.members?.count]).toEqual([["ada"], 2, 1]);
  });

  it("throws INVALID_ARGUMENT without presence, and for a listener that is no function", () => {
    const { client } = createHarness();
    const plain = client.subscribe("room", ignore);
    expect(plain.members).toBeUndefined();
    expect(() => plain.onMembers(ignore)).toThrow(/^onMembers needs a subscription with presence/);
    const present = client.subscribe("room", ignore, { presence: true });
    expect(() => present.onMembers(5 as never)).toThrow(/^listener must be a function; got 5/);
  });
});

describe("the options", () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  it.each([
    ["false", { presence: false }, /^options\.presence must be true or \{ info \}; got false/],
    ["a string", { presence: "yes" }, /^options\.presence must be true/],
    [
      "an unknown name",
      { presence: { name: "Ada" } },
      /^options\.presence\.name must be omitted: the options are info/,
    ],
    [
      "a function",
      { presence: { info: ignore } },
      /^options\.presence\.info must be JSON of at most 1024 bytes/,
    ],
    ["a bigint", { presence: { info: 5n } }, /^options\.presence\.info must be JSON/],
    ["a circular object", { presence: { info: circular } }, /^options\.presence\.info must be JSON/],
    [
      "an info of 1,026 bytes",
      { presence: { info: "é".repeat(512) } },
      /^options\.presence\.info must be JSON/,
    ],
    ["a listener alone", { onMembers: ignore }, /^options must have presence with onMembers/],
    [
      "a listener that is no function",
      { presence: true, onMembers: 5 },
      /^options\.onMembers must be a function/,
    ],
  ])("%s is refused with INVALID_ARGUMENT", (_, options, message) => {
    const { client, socket } = createHarness();
    expect(() => client.subscribe("room", ignore, options as never)).toThrow(message);
    socket().open();
    expect(socket().sent).toEqual([]);
  });

  it("accept an info of 1,024 bytes, and send it as it was at the call", () => {
    const { client, socket } = createHarness();
    const info = { text: "é".repeat(506) };
    client.subscribe("room", ignore, { presence: { info } });
    info.text = "changed";
    socket().open();
    expect(socket().take("SUBSCRIBE").presence).toEqual({ info: { text: "é".repeat(506) } });
  });
});

describe("a connection that is lost", () => {
  it("keeps the last list, and shows only the differences that the next SUBSCRIBED has", async () => {
    const { socket, sockets, seen, room, time } = await createPresent(["ada", "ben"]);
    tick(socket(), 5, list("ada", "ben"));
    socket().cut();
    await time.pass(0);
    expect(room.members?.count).toBe(2);
    await time.pass(2_000);
    expect(sockets).toHaveLength(2);
    socket().open();
    expect(socket().subscribed(0, { members: members(9, named("ada", "cy")) }).presence).toEqual({});
    expect(seen).toEqual(["ada,ben", "ada,cy +cy -ben"]);
  });

  it("shows what a SUBSCRIBED of the same position adds: the user, before the others see it", async () => {
    const { client, socket, seen } = await createPresent(["ben"]);
    client.subscribe("room", ignore, { presence: { info: "back" } });
    const own = [...named("ben"), { userId: "ada", info: "back" }];
    socket().subscribed(0, { members: members(4, own) });
    expect(seen).toEqual(["ben", "ben,ada +ada"]);
  });

  it("a rotation neither calls onMembers nor loses a list that comes on the old connection", async () => {
    const { client, socket, sockets, seen, time } = await createPresent();
    tick(socket(), 5, list("ada", "ben"));
    await time.pass(0);
    client.reconnect();
    socket().open();
    tick(sockets[0] as ScriptedSocket, 6, list("ada", "ben", "cy"));
    await time.pass(0);
    socket().subscribed(0, { members: members(5, named("ada", "ben")) });
    tick(socket(), 6, list("ada", "ben", "cy"));
    await time.pass(0);
    expect(seen).toEqual(["ada", "ada,ben +ben", "ada,ben,cy +cy"]);
    await time.pass(10_000);
    expect(sockets[0]?.closed?.reason).toBe("rotated");
  });
});

describe("heartbeats", () => {
  it("find a lost list, and ask for the newest one only", async () => {
    const { socket, seen, time } = await createPresent();
    tick(socket(), 5, list("ada"));
    await time.pass(3_000);
    confirmAll(socket(), 5);
    await time.pass(60_000);
    expect(confirmAll(socket(), 8)).toEqual([5]);
    await time.pass(300);
    expect(confirmAll(socket(), 8)).toEqual([7]);
    tick(socket(), 8, list("ada", "ben"));
    await time.pass(0);
    expect(seen).toEqual(["ada", "ada,ben +ben"]);
  });

  it("subscribe the topic again if the server has lost the members topic's subscription", async () => {
    const { socket, seen, time } = await createPresent(["ada", "ben"]);
    await time.pass(3_000);
    socket().pong({ room: { epoch: "a", offset: 0, recovered: true }, [NAME]: { subscribed: false } });
    const frame = socket().subscribed(0, { members: members(6, named("ada")) });
    expect([frame.topicId, frame.presence, frame.since]).toEqual(["room", {}, { epoch: "a", offset: 0 }]);
    expect(seen).toEqual(["ada,ben", "ada -ben"]);
  });

  it("subscribe the topic again if the log of the members topic ends before the list that is shown", async () => {
    const { socket, seen, time } = await createPresent();
    tick(socket(), 5, list("ada"));
    await time.pass(3_000);
    expect(confirmAll(socket(), 1)).toEqual([5]);
    socket().subscribed(0, { members: members(1, named("ada", "ben")) });
    expect(seen).toEqual(["ada", "ada,ben +ben"]);
  });
});

describe("several subscriptions of a topic", () => {
  it("send another SUBSCRIBE when the first one with presence comes, and none for the same info", async () => {
    const { client, socket, time } = createHarness();
    client.subscribe("room", ignore);
    socket().open();
    socket().subscribed(0);
    const first = client.subscribe("room", ignore, { presence: { info: 1 } });
    expect(socket().subscribed(0, { members: members(1, named("ada")) }).presence).toEqual({ info: 1 });
    client.subscribe("room", ignore, { presence: { info: 1 } });
    await time.pass(0);
    expect([first.members?.count, socket().sent]).toEqual([1, []]);
    client.subscribe("room", ignore, { presence: { info: 2 } });
    expect(socket().subscribed(0, { members: members(1, named("ada")) }).presence).toEqual({ info: 2 });
  });

  it("take the user out with UNSUBSCRIBE when the last one with presence ends, and miss no event", async () => {
    const { client, socket, room } = await createPresent();
    const offsets: number[] = [];
    client.subscribe("room", ({ offset }) => offsets.push(offset));
    room();
    const { requestId, topicId } = socket().take("UNSUBSCRIBE");
    socket().message({ type: "UNSUBSCRIBED", requestId, topicId });
    const frame = socket().subscribed(1);
    expect([frame.presence, frame.since]).toEqual([undefined, { epoch: "a", offset: 0 }]);
    socket().events([1]);
    expect([offsets, socket().sent]).toEqual([[1], []]);
  });

  it("begin with the list that another one has, and end with the client", async () => {
    const { client, room, time, socket } = await createPresent();
    tick(socket(), 5, list("ada", "ben"));
    await time.pass(0);
    const seen: string[] = [];
    client.subscribe("room", ignore, { presence: true, onMembers: (change) => seen.push(shown(change)) });
    expect(seen).toEqual([]);
    await time.pass(0);
    expect(seen).toEqual(["ada,ben"]);
    client.close();
    expect([room.members?.count, time.timers]).toEqual([2, 0]);
  });
});

it("a subscription that begins while the client closes shows who is there after the reconnection", async () => {
  const { client, socket, seen, room, time } = await createPresent();
  let again: TopicSubscription | undefined;
  const stop = client.onStateChange((state) => {
    if (state === "closed") again = client.subscribe("room", ignore, { presence: true });
  });
  client.close();
  stop();
  await time.pass(0);
  socket().open();
  socket().subscribed(0, { members: members(9, named("ada", "ben")) });
  tick(socket(), 10, list("ben"));
  await time.pass(0);
  expect([seen, room.members?.count, ids(again?.members?.list)]).toEqual([["ada"], 1, "ben"]);
});

it("nobody can subscribe to a members topic by its name", async () => {
  const { client, socket, room, seen, time } = await createPresent();
  const ended: string[] = [];
  client.subscribe(NAME, ignore, { onEnd: ({ code }) => ended.push(code) });
  expect(ended).toEqual([]);
  await time.pass(0);
  tick(socket(), 5, list("ada", "ben"));
  await time.pass(0);
  expect([ended, seen.length, room.members?.count]).toEqual([["REFUSED"], 2, 2]);
});
