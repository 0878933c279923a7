import { randomUUID } from "node:crypto";
import { getPublicationStatus, listSubscribers, publishToTopic } from "lambda-websocket-pubsub";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { type DeadLetter, fanoutIdle, sendToFanout, takeDeadLetters } from "../support/queues.ts";
import { subscriptionRow, writeRows } from "../support/rows.ts";
import { collect } from "../support/samples.ts";
import { connectSubscriber } from "../support/sockets.ts";

/** The window gathers messages that were sent together into one batch. */
const local = stackForFile(() => ({ fanout: { batchWindowMs: 100 } }));

describe("a malformed fan-out message", () => {
  const epoch = "0mwt9syhr";
  const page = { v: 1, kind: "page", topicId: "t", epoch, offsets: [1], page: 1 };

  it.each([
    ["text", "hello", /not JSON/],
    ["a list", "[]", /the message must be an object/],
    ["of another version", JSON.stringify({ ...page, v: 2 }), /v must be 1; got 2/],
    ["of another kind", JSON.stringify({ ...page, kind: "pages" }), /kind must be "page" or "redelivery"/],
    ["for no offset", JSON.stringify({ ...page, offsets: [] }), /offsets must be ascending/],
    [
      "for a topic of control characters",
      JSON.stringify({ ...page, topicId: "\u0000" }),
      /control characters/,
    ],
    ["with a key in its epoch", JSON.stringify({ ...page, epoch: "a#b" }), /epoch must be/],
    ["with data that is not JSON", JSON.stringify({ ...page, events: [{ offset: 1 }] }), /publicationId/],
    ["with a __proto__", `{"__proto__":${JSON.stringify(page)}}`, /v must be 1/],
  ])("goes straight to the dead-letter queue: %s", async (_, body, reason) => {
    const [before, invocations] = [local.stack.stats().queue.failed, local.stack.stats().fanout.invocations];
    await sendToFanout(local, [body]);
    const letters = await takeDeadLetters(local);
    expect(letters).toEqual([
      { body, code: "INVALID_MESSAGE", attempts: "1", reason: expect.stringMatching(reason) },
    ]);
    await fanoutIdle(local);
    expect(local.stack.stats().queue.failed).toBe(before);
    expect(local.stack.stats().fanout).toMatchObject({ invocations: invocations + 1, errors: 0, crashes: 0 });
  });

  it("does not affect the other messages of its batch", async () => {
    const topicId = randomUUID();
    const socket = await connectSubscriber(local.stack, topicId);
    const { batches } = local.stack.stats().queue;
    const event = { publicationId: "p", publishedAt: 1, json: '"delivered"', verbatim: true };
    const good = [1, 2, 3].map((offset) =>
      JSON.stringify({ ...page, topicId, offsets: [offset], events: [{ ...event, offset }] }),
    );
    await sendToFanout(local, ["junk 1", ...good.slice(0, 2), "junk 2", ...good.slice(2), "junk 3"]);
    await fanoutIdle(local);
    await socket.settle();
    expect(socket.received).toEqual(["delivered", "delivered", "delivered"]);
    const letters: DeadLetter[] = [];
    await eventually(async () => {
      letters.push(...(await takeDeadLetters(local)));
      expect(letters.map(({ body }) => body).toSorted()).toEqual(["junk 1", "junk 2", "junk 3"]);
    });
    expect(local.stack.stats().queue).toMatchObject({ batches: batches + 1, failed: 0 });
  });

  it("is logged with its id and without its content", async () => {
    await sendToFanout(local, ["my secret"]);
    await takeDeadLetters(local);
    const line = await eventually(() => {
      const [found] = local.log.filter((text) => text.includes("message-malformed")).slice(-1);
      expect(found).toBeDefined();
      return found ?? "";
    });
    expect(JSON.parse(line)).toMatchObject({
      level: "ERROR",
      messageId: expect.stringMatching(/^[\w-]{20,}$/),
    });
    expect(local.log.join("\n")).not.toContain("my secret");
  });
});

describe("a subscription row that cannot be read", () => {
  it.each([
    ["names no connection", { p: { S: "consumer#nobody" } }],
    ["has a format nobody knows", { format: { S: "xml" } }],
    ["has a format that is a number", { format: { N: "1" } }],
    ["was written at no time", { subscribedAt: { S: "yesterday" } }],
    ["expires at no time", { expiresAt: { S: "never" } }],
  ])("is skipped and reported, and the page goes on: %s", async (_, wrong) => {
    const topicId = randomUUID();
    const [before, after] = [
      await connectSubscriber(local.stack, topicId),
      await connectSubscriber(local.stack, topicId),
    ];
    await writeRows(local, [{ ...subscriptionRow("broken=", topicId), ...wrong }]);
    const data = `beside ${JSON.stringify(wrong)}`;
    const { epoch, offset } = await publishToTopic({ topicId, data, config: local.config });
    await fanoutIdle(local);
    for (const socket of [before, after]) {
      await socket.settle();
      expect(socket.received).toEqual([data]);
    }
    const status = await getPublicationStatus({ topicId, epoch, offset, config: local.config });
    expect(status).toMatchObject({ state: "complete", delivered: 2, gone: 0, abandoned: 0 });
    const reports = local.log.filter((line) => line.includes("rows-malformed") && line.includes(topicId));
    expect(reports.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ level: "WARN", count: 1 }]);
    const consumers = await collect(listSubscribers({ topicId, config: local.config }));
    expect(consumers).toHaveLength(2);
  });

  it("posts nothing to an expired one and does not count it", async () => {
    const topicId = randomUUID();
    const expiresAt = { N: String(Math.floor(Date.now() / 1_000) - 1) };
    await writeRows(local, [{ ...subscriptionRow("expired=", topicId), expiresAt }]);
    const postsBefore = local.stack.stats().gateway.posts;
    const { epoch, offset } = await publishToTopic({ topicId, data: "late", config: local.config });
    await fanoutIdle(local);
    const status = await getPublicationStatus({ topicId, epoch, offset, config: local.config });
    expect(status).toMatchObject({ state: "complete", delivered: 0, gone: 0, pages: 1 });
    expect(local.stack.stats().gateway.posts).toBe(postsBefore);
  });
});
