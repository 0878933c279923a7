import { randomUUID } from "node:crypto";
import { getPublicationStatus, publishToTopic, revoke } from "lambda-websocket-pubsub";
import { mintTopicToken } from "lambda-websocket-pubsub/tokens";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { readRows } from "../support/rows.ts";
import { connect, eventsIn, type Frame, type TestSocket } from "../support/sockets.ts";

const secret = `secret-${randomUUID()}`;
const local = stackForFile(() => ({
  functions: { websocket: functionPath("websocket-publish") },
  functionEnv: { TOPIC_TOKEN_SECRETS: JSON.stringify([secret]) },
}));

const mint = (topicId: string, options: object = {}): Promise<string> =>
  mintTopicToken({ topicId, publish: [topicId], secret, ...options });

interface Member {
  socket: TestSocket;
  publish(fields: Frame): Promise<Frame>;
}

async function join(topicId: string, format: "event" | "data", token?: string): Promise<Member> {
  const socket = await connect(local.stack);
  const own = token ?? (await mint(topicId));
  const subscribed = await socket.request({ action: "SUBSCRIBE", topicId, format, token: own });
  expect(subscribed).toMatchObject({ type: "SUBSCRIBED" });
  return {
    socket,
    publish: (fields) => socket.request({ action: "PUBLISH", topicId, token: own, ...fields }),
  };
}

/** Everything that is to be posted has arrived then. */
async function settled(...sockets: TestSocket[]): Promise<void> {
  await fanoutIdle(local);
  for (const socket of sockets) await socket.settle();
}

/** The rows of a topic's log: its events, the records of publication ids, and the epoch. */
const rowsOf = async (topicId: string): Promise<unknown[]> => readRows(local, `topic#${topicId}`);

describe("a client that publishes over its WebSocket", () => {
  it("gets the position, and everybody else the event, as does its own subscription of the format data", async () => {
    const topicId = `room-${randomUUID()}`;
    const ada = await join(topicId, "event");
    const bob = await join(topicId, "event");
    const eve = await join(topicId, "data");
    const answer = await ada.publish({ data: { text: "hello" } });
    expect(answer).toEqual({
      type: "PUBLISHED",
      requestId: expect.any(String),
      topicId,
      publicationId: expect.any(String),
      epoch: expect.any(String),
      offset: 1,
      duplicate: false,
    });
    expect(await eve.publish({ data: "plain" })).toMatchObject({ offset: 2, duplicate: false });
    await settled(ada.socket, bob.socket, eve.socket);
    expect(eventsIn(ada.socket.received).map(({ offset }) => offset)).toEqual([2]);
    // The queue keeps no order
    const posted = eventsIn(bob.socket.received).sort((a, b) => a.offset - b.offset);
    expect(posted.map(({ data }) => data)).toEqual([{ text: "hello" }, "plain"]);
    expect(eve.socket.received.toSorted()).toEqual(["plain", '{"text":"hello"}']);
    const status = { topicId, epoch: String(answer.epoch), config: local.config };
    expect(await getPublicationStatus({ ...status, offset: 1 })).toMatchObject({
      state: "complete",
      delivered: 2,
    });
    expect(await getPublicationStatus({ ...status, offset: 2 })).toMatchObject({
      state: "complete",
      delivered: 3,
    });
  });

  it("gets every event once in responses and messages together when many publish at once", async () => {
    const topicId = `room-${randomUUID()}`;
    const members: Member[] = [];
    for (let count = 0; count < 4; count++) members.push(await join(topicId, "event"));
    const answers = await Promise.all(
      members.map((member) => Promise.all([1, 2, 3, 4, 5].map((data) => member.publish({ data })))),
    );
    await publishToTopic({ topicId, data: "from the back end", config: local.config });
    await settled(...members.map(({ socket }) => socket));
    const all = Array.from({ length: 21 }, (_, index) => index + 1);
    for (const [index, { socket }] of members.entries()) {
      const own = answers[index]?.map(({ offset }) => Number(offset)) ?? [];
      const posted = eventsIn(socket.received).map(({ offset }) => offset);
      expect([...own, ...posted].sort((a, b) => a - b)).toEqual(all);
    }
  });

  it("gets the first position when it repeats the publication on another connection, which is posted the event", async () => {
    const topicId = `room-${randomUUID()}`;
    const publicationId = randomUUID();
    const first = await join(topicId, "event");
    const again = await join(topicId, "event");
    const published = await first.publish({ data: 1, publicationId });
    expect(published).toMatchObject({ publicationId, offset: 1, duplicate: false });
    const repeated = await again.publish({ data: 1, publicationId });
    expect(repeated).toMatchObject({ ...published, requestId: repeated.requestId, duplicate: true });
    await settled(first.socket, again.socket);
    expect(eventsIn(again.socket.received).map(({ offset }) => offset)).toEqual([1]);
    expect(first.socket.received).toEqual([]);
  });

  it("gets no response without a request id, but the event like everybody", async () => {
    const topicId = `room-${randomUUID()}`;
    const { socket } = await join(topicId, "event");
    socket.send({ action: "PUBLISH", topicId, data: 1, token: await mint(topicId) });
    await eventually(() => expect(eventsIn(socket.received)).toMatchObject([{ offset: 1, data: 1 }]));
  });

  it("finds its own event in the log when the response is lost", async () => {
    const topicId = `room-${randomUUID()}`;
    const { socket, publish } = await join(topicId, "event");
    const { epoch } = await publish({ data: "mine" });
    const since = { epoch, offset: 0 };
    const again = { action: "SUBSCRIBE", topicId, format: "event", since, token: await mint(topicId) };
    expect(await socket.request(again)).toMatchObject({ offset: 1, recovered: true });
    await eventually(() => expect(eventsIn(socket.received)).toMatchObject([{ offset: 1, data: "mine" }]));
  });
});

describe("a publication that is refused", () => {
  it.each([
    ["with a token that only allows to subscribe", { publish: undefined }],
    ["with a token that allows to publish to another topic", { publish: ["other"] }],
    ["with a token of another connection", { connectionId: "other=" }],
  ])("is FORBIDDEN %s, and writes nothing", async (_, options) => {
    const topicId = `room-${randomUUID()}`;
    const socket = await connect(local.stack);
    const token = await mint(topicId, options);
    const answer = await socket.request({ action: "PUBLISH", topicId, data: 1, publicationId: "p", token });
    const message = `not allowed to publish to ${topicId}`;
    expect(answer).toEqual({ type: "ERROR", requestId: answer.requestId, code: "FORBIDDEN", message });
    expect(await rowsOf(topicId)).toEqual([]);
    await eventually(() => {
      const line = local.log.find((text) => text.includes("access-denied") && text.includes(topicId));
      expect(JSON.parse(line ?? "{}")).toMatchObject({ level: "WARN", action: "PUBLISH", topicId });
    });
  });

  it("is FORBIDDEN without a token", async () => {
    const topicId = `room-${randomUUID()}`;
    const socket = await connect(local.stack);
    expect(await socket.request({ action: "PUBLISH", topicId, data: 1 })).toMatchObject({
      code: "FORBIDDEN",
    });
    expect(await rowsOf(topicId)).toEqual([]);
  });

  it("is FORBIDDEN after its user was revoked, with the token that was minted before", async () => {
    const topicId = `room-${randomUUID()}`;
    const subject = `ada-${topicId}`;
    const ada = await join(topicId, "event", await mint(topicId, { subject }));
    expect(await ada.publish({ data: "before" })).toMatchObject({ type: "PUBLISHED" });
    await revoke({ userId: subject, config: local.config });
    const rows = await rowsOf(topicId);
    expect(await ada.publish({ data: "after" })).toMatchObject({ type: "ERROR", code: "FORBIDDEN" });
    expect(await rowsOf(topicId)).toEqual(rows);
  });

  it.each([
    ["INVALID_DATA with the reason of `validate`", "no images", "INVALID_DATA", "no images"],
    ["VALIDATE_FAILED if `validate` throws", "unknown", "VALIDATE_FAILED", "could not decide"],
  ])("is %s, and writes nothing", async (_, problem, code, message) => {
    const topicId = `room-${randomUUID()}`;
    const { socket, publish } = await join(topicId, "event");
    const rows = await rowsOf(topicId);
    const answer = await publish({ data: { problem, text: "my secret" } });
    expect(answer).toMatchObject({ type: "ERROR", code, message: expect.stringContaining(message) });
    await settled(socket);
    expect(await rowsOf(topicId)).toEqual(rows);
    expect(local.log.join("\n")).not.toContain("my secret");
  });

  it.each([
    ["INVALID_FRAME without data", { data: undefined }, "INVALID_FRAME"],
    ["INVALID_PUBLICATION_ID with an empty id", { publicationId: "" }, "INVALID_PUBLICATION_ID"],
    ["INVALID_TOPIC_ID with an empty topic", { topicId: "" }, "INVALID_TOPIC_ID"],
  ])("is %s, and writes nothing", async (_, fields, code) => {
    const topicId = `room-${randomUUID()}`;
    const { publish } = await join(topicId, "event");
    const rows = await rowsOf(topicId);
    expect(await publish({ data: 1, ...fields })).toMatchObject({ type: "ERROR", code });
    expect(await rowsOf(topicId)).toEqual(rows);
  });

  it.each(["stuck", "broken"])(
    "is AUTHORIZE_FAILED for a topic that the hook cannot decide about: %s",
    async (kind) => {
      const topicId = `${kind}-${randomUUID()}`;
      const socket = await connect(local.stack);
      const answer = await socket.request({
        action: "PUBLISH",
        topicId,
        data: 1,
        token: await mint(topicId),
      });
      expect(answer).toMatchObject({ type: "ERROR", code: "AUTHORIZE_FAILED" });
      expect(await rowsOf(topicId)).toEqual([]);
    },
  );

  it("closes the connection if its message is larger than 32 KB, as API Gateway does", async () => {
    const topicId = `room-${randomUUID()}`;
    const socket = await connect(local.stack);
    const token = await mint(topicId);
    socket.send({ action: "PUBLISH", topicId, token, data: "x".repeat(32_768) });
    expect(await socket.closed).toBe(1009);
    expect(await rowsOf(topicId)).toEqual([]);
  });

  it("is published with as much data as fits into 32 KB", async () => {
    const topicId = `room-${randomUUID()}`;
    const { publish } = await join(topicId, "event");
    expect(await publish({ data: "x".repeat(31_000) })).toMatchObject({ type: "PUBLISHED", offset: 1 });
  });
});
