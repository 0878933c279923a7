/** The order in which the chat example shows messages, and what it accepts as one. */
import { expect, it } from "vitest";
import { addComings } from "../../examples/chat/src/comings.ts";
import { problemWith, readMessage } from "../../examples/chat/src/message.ts";
import type { Outgoing } from "../../examples/chat/src/outbox.ts";
import { type TimelineItem, timelineOf } from "../../examples/chat/src/timeline.ts";
import type { Gap, TopicEvent } from "../../packages/client/src/index.ts";

const NOON = new Date(2026, 10, 30, 12).getTime();

const event = (
  offset: number,
  text: string,
  more: Partial<TopicEvent> & { name?: string } = {},
): TopicEvent => {
  const { name = "Ada", ...fields } = more;
  const data = { name, text };
  return {
    topicId: "room",
    epoch: "a",
    offset,
    publicationId: `p${offset}`,
    publishedAt: NOON,
    data,
    ...fields,
  };
};
const outgoing = (publicationId: string, text: string, more: Partial<Outgoing> = {}): Outgoing => {
  return { publicationId, name: "Me", text, writtenAt: NOON, state: "sending", ...more };
};
const box = (waiting: Outgoing[] = [], own: string[] = []) => ({ outgoing: waiting, ownIds: new Set(own) });
const shown = (items: TimelineItem[]): string[] =>
  items.map((item) => {
    if (item.kind === "day") return "day";
    if (item.kind === "notice" || item.kind === "coming") return item.text;
    const flags = [item.isMine && "mine", item.follows && "follows", item.state !== "sent" && item.state];
    return [item.text, ...flags.filter(Boolean)].join(" ");
  });

it("begins with the day, and groups messages of an author that are less than 5 minutes apart", () => {
  const events = [
    event(1, "one"),
    event(2, "two"),
    event(3, "later", { publishedAt: NOON + 300_000 }),
    event(4, "other", { publishedAt: NOON + 300_001, name: "Ben" }),
    event(5, "next day", { publishedAt: NOON + 86_400_000, name: "Ben" }),
  ];
  expect(shown(timelineOf(events, undefined, box()))).toEqual([
    ...["day", "one", "two follows", "later", "other"],
    ...["day", "next day"],
  ]);
});

it("counts the messages before the first one", () => {
  expect(shown(timelineOf([event(34, "hello")], undefined, box()))[0]).toBe(
    "33 earlier messages are not shown",
  );
  expect(shown(timelineOf([event(2, "hello")], undefined, box()))[0]).toBe("1 earlier message is not shown");
});

it("shows own messages that are on their way after all others, until their events are there", () => {
  const waiting = [outgoing("p2", "mine"), outgoing("p9", "not yet")];
  const expected = ["day", "hers", "mine mine", "not yet mine follows sending"];
  const events = [event(1, "hers"), event(2, "mine", { name: "Me" })];
  expect(shown(timelineOf(events, undefined, box(waiting, ["p2", "p9"])))).toEqual(expected);
});

it("keeps the key of a message when its event takes its place", () => {
  const keys = (items: TimelineItem[]) =>
    items.map((item) => (item.kind === "message" ? item.publicationId : item.key));
  const before = timelineOf([], undefined, box([outgoing("p1", "mine")], ["p1"]));
  const after = timelineOf([event(1, "mine", { name: "Me" })], undefined, box([], ["p1"]));
  expect(keys(after)).toEqual(keys(before));
});

it.each([
  [{ epoch: "a", offset: 1 }, ["day", "hers"]],
  [{ epoch: "a", offset: 2 }, ["day", "hers", "mine mine sending"]],
  [{ epoch: "b", offset: 1 }, ["day", "hers", "mine mine sending"]],
])(
  "shows a message of an earlier attempt, at %j, only until the page has events up to there",
  (published, expected) => {
    const waiting = [outgoing("p0", "mine", { published })];
    expect(shown(timelineOf([event(1, "hers")], undefined, box(waiting, ["p0"])))).toEqual(expected);
  },
);

it.each([
  [3, 5, "history-unavailable", "3 messages are gone: you were away for too long."],
  [5, 5, "history-unavailable", "1 message is gone: you were away for too long."],
  [3, 5, "new-epoch", "The room’s log started again. Earlier messages are gone."],
] as const)("shows a gap from %i to %i (%s) between its neighbours", (from, to, reason, text) => {
  const gap = {
    topicId: "room",
    from: { epoch: "a", offset: from },
    to: { epoch: "a", offset: to },
    reason,
  } as Gap;
  expect(shown(timelineOf([event(1, "before"), event(6, "after")], gap, box()))).toEqual([
    ...["day", "before", text, "after"],
  ]);
  expect(shown(timelineOf([event(1, "before")], gap, box())).at(-1)).toBe(text);
});

it.each([
  [{ name: "Ada", text: "\u0001".repeat(2_000) }, undefined],
  [{ name: "Ada", text: "x".repeat(2_001) }, "the text must have 1 to 2000 characters"],
  [{ name: "Ada", text: " \n" }, "the text must have 1 to 2000 characters"],
  [{ name: "Ada", text: { toString: "x" } }, "the text must have 1 to 2000 characters"],
  [{ name: "x".repeat(41), text: "hello" }, "the name must have 1 to 40 characters"],
  [{ text: "hello" }, "the name must have 1 to 40 characters"],
  [null, "the name must have 1 to 40 characters"],
  [{ name: "Ada", text: "hello", admin: true }, "a message has a name and a text, and nothing else"],
  [
    JSON.parse('{"__proto__":{"name":"Ada","text":"hello"}}'),
    "a message has a name and a text, and nothing else",
  ],
])("the server's answer to the message %j is: %s", (data, problem) => {
  expect(problemWith(data)).toBe(problem);
});

it("reads data that is not a chat message as text of somebody anonymous", () => {
  expect(readMessage([1])).toEqual({ name: "anonymous", text: "[1]" });
  expect(readMessage(undefined)).toEqual({ name: "anonymous", text: "" });
  expect(readMessage({ name: " ", text: "x".repeat(3_000) })).toEqual({
    name: "anonymous",
    text: "x".repeat(2_000),
  });
});

it("puts who came and went after the message that was the last one then, and before those on their way", () => {
  const after = (offset: number) => ({ epoch: "a", offset });
  const comings = [
    { key: "coming-1", text: "Ben joined", after: undefined },
    { key: "coming-2", text: "Cy joined", after: after(1) },
    { key: "coming-3", text: "Cy left", after: after(2) },
  ];
  const events = [event(1, "one"), event(2, "two")];
  expect(shown(timelineOf(events, undefined, box([outgoing("p9", "mine")]), comings))).toEqual([
    ...["Ben joined", "day", "one", "Cy joined", "two", "Cy left", "mine mine sending"],
  ]);
});

it("makes one line for those who joined and one for those who left, without the page's own user", () => {
  const people = (...names: string[]) =>
    names.map((name) => ({ userId: name.toLowerCase(), info: { name } }));
  const isMe = (userId: string): boolean => userId === "ada";
  const joined = people("Ada", "Ben", "Cy", "Dora", "Ed", "Flo");
  const first = addComings([], { joined, left: [] }, isMe, undefined);
  expect(first.map(({ text }) => text)).toEqual(["Ben, Cy, Dora and 2 others joined"]);
  const change = { joined: people("Gus"), left: [...people("Ben", "Cy"), { userId: "no info" }] };
  const second = addComings(first, change, isMe, { epoch: "a", offset: 3 });
  expect(second.map(({ key, text }) => `${key} ${text}`).slice(1)).toEqual([
    "coming-2 Gus joined",
    "coming-3 Ben, Cy and no info left",
  ]);
  expect(addComings(second, { joined: people("Ada"), left: [] }, isMe, undefined)).toBe(second);
});
