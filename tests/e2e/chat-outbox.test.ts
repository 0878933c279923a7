/** The messages that the chat example sends, without a browser. */
import { expect, it } from "vitest";
import { createOutbox, type Store } from "../../examples/chat/src/outbox.ts";
import { type Published, PubsubClientError } from "../../packages/client/src/index.ts";

interface Attempt {
  data: unknown;
  publicationId: string | undefined;
  resolve(published: Published): void;
  reject(error: Error): void;
}

/** A publish function whose calls the test settles, and a storage. */
function setUp(stored?: string) {
  const attempts: Attempt[] = [];
  const items = new Map<string, string>(stored === undefined ? [] : [["chat:outbox:room", stored]]);
  const store: Store = {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
  };
  const publish = (data: unknown, options: { publicationId?: string | undefined } = {}): Promise<Published> =>
    new Promise((resolve, reject) =>
      attempts.push({ data, publicationId: options.publicationId, resolve, reject }),
    );
  const outbox = createOutbox("room", store);
  const states = () =>
    outbox
      .getSnapshot()
      .outgoing.map(({ text, state, reason }) => [text, state, ...(reason ? [reason] : [])]);
  return { attempts, publish, outbox, states, stored: () => items.get("chat:outbox:room") };
}

const hello = { name: "Ada", text: "hello" };
const published = (publicationId = "", duplicate = false): Published => {
  return { topicId: "room", publicationId, epoch: "a", offset: 1, duplicate };
};
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("shows a message as sending at once, and no longer when it is published", async () => {
  const { attempts, publish, outbox, states } = setUp();
  outbox.send(publish, hello);
  expect(states()).toEqual([["hello", "sending"]]);
  expect(attempts).toMatchObject([{ data: hello, publicationId: expect.stringMatching(/^[\da-f-]{36}$/) }]);
  attempts[0]?.resolve(published());
  await settled();
  expect(states()).toEqual([]);
  expect([...outbox.getSnapshot().ownIds]).toEqual([attempts[0]?.publicationId]);
});

it("keeps the publication id when a failed message is sent again", async () => {
  const { attempts, publish, outbox, states } = setUp();
  outbox.send(publish, hello);
  attempts[0]?.reject(new PubsubClientError("UNCONFIRMED", "no response after 10 tries"));
  await settled();
  expect(states()).toEqual([["hello", "failed", "the server did not confirm it."]]);
  const [outgoing] = outbox.getSnapshot().outgoing;
  outbox.retry(publish, outgoing?.publicationId ?? "");
  outbox.retry(publish, outgoing?.publicationId ?? "");
  expect(states()).toEqual([["hello", "sending"]]);
  expect(attempts.map(({ publicationId }) => publicationId)).toEqual(Array(2).fill(outgoing?.publicationId));
});

it.each([
  [
    "REFUSED",
    "p to room: INVALID_DATA: the text must have 1 to 2000 characters",
    "the text must have 1 to 2000 characters.",
  ],
  ["REFUSED", "p to room: FORBIDDEN: no", "you may not write in this room."],
  ["QUEUE_FULL", "1000 publications wait already", "too many messages are waiting already."],
  ["CONNECTION_REFUSED", "closed with 4403", "the server did not confirm it."],
] as const)("explains %s: %s", async (code, message, reason) => {
  const { attempts, publish, outbox, states } = setUp();
  outbox.send(publish, hello);
  attempts[0]?.reject(new PubsubClientError(code, message));
  await settled();
  expect(states()).toEqual([["hello", "failed", reason]]);
  outbox.discard(attempts[0]?.publicationId ?? "");
  expect(states()).toEqual([]);
});

it("sends what an earlier load of the page did not get confirmed, once and with the same id", async () => {
  const before = setUp();
  before.outbox.send(before.publish, hello);
  before.outbox.send(before.publish, { name: "Ada", text: "refused" });
  before.attempts[1]?.reject(new PubsubClientError("REFUSED", "FORBIDDEN: no"));
  await settled();
  const after = setUp(before.stored());
  after.outbox.resume(after.publish);
  after.outbox.resume(after.publish);
  expect(after.attempts).toMatchObject([{ data: hello, publicationId: before.attempts[0]?.publicationId }]);
  // It was published already, so its event may still be on its way to the page
  after.attempts[0]?.resolve(published("", true));
  await settled();
  expect(after.outbox.getSnapshot().outgoing).toMatchObject([
    { text: "hello", published: { epoch: "a", offset: 1 } },
    { text: "refused", state: "failed" },
  ]);
  expect(JSON.parse(after.stored() ?? "")).toMatchObject({ outgoing: [{ text: "refused" }] });
});

it.each(["", "{", "[]", '{"outgoing":1,"ownIds":[]}', "null"])(
  "begins empty if the storage has %j",
  (stored) => {
    expect(setUp(stored).outbox.getSnapshot()).toEqual({ outgoing: [], ownIds: new Set() });
  },
);
