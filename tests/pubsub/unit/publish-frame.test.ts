import { describe, expect, it } from "vitest";
import { consumer, setUp, TOPIC } from "./answer-frame-support.ts";
import { allow, expectNothingWritten, frame, queuedIn } from "./publish-frame-support.ts";

const epoch: unknown = expect.stringMatching(/^[0-9a-z]{9}$/);

describe("PUBLISH", () => {
  it("posts the position of the event if the frame has a request id, and queues its fan-out", async () => {
    const used = setUp({ authorize: allow });
    const publicationId = "p-1";
    expect(await used.send({ ...frame, publicationId, requestId: "r" })).toEqual({ statusCode: 200 });
    const position = { topicId: TOPIC, publicationId, epoch, offset: 1 };
    expect(used.posted()).toEqual([{ type: "PUBLISHED", requestId: "r", ...position, duplicate: false }]);
    expect(used.log.dump(TOPIC)).toMatchObject([{ offset: 1, json: '{"text":"hello"}', publicationId }]);
    expect(queuedIn(used)).toMatchObject([
      { kind: "topic", offsets: [1], echoes: [{ offset: 1, consumer }] },
    ]);
    expect(used.observed.at(-1)).toMatchObject({ event: "publication-accepted", consumer, ...position });
  });

  // The echo is the response: without one, the connection would never get the event
  it("posts nothing without a request id, and leaves the connection among those that are posted to", async () => {
    const used = setUp({ authorize: allow });
    await used.send(frame);
    expect(used.posted()).toEqual([]);
    const [message] = queuedIn(used);
    expect(message).toMatchObject({ kind: "topic", offsets: [1] });
    expect(message).not.toHaveProperty("echoes");
  });

  it("posts the first position for a publication id that was used before, and leaves nobody out", async () => {
    const used = setUp({ authorize: allow });
    await used.send({ ...frame, publicationId: "p" });
    used.queue.receive(10, 0);
    await used.send({ ...frame, publicationId: "p", requestId: "r" });
    expect(used.posted()).toMatchObject([{ type: "PUBLISHED", offset: 1, duplicate: true }]);
    expect(used.log.dump(TOPIC)).toHaveLength(1);
    for (const message of queuedIn(used)) expect(message).not.toHaveProperty("echoes");
  });

  // The end of the log that a PING had read a moment before used to hide the event for a second
  it("is found at once by a PING with the position before it, if the response was lost", async () => {
    const used = setUp({ authorize: allow });
    await used.send({ ...frame, requestId: "1" });
    const { last } = await used.log.tail(TOPIC);
    await used.send({ action: "SUBSCRIBE", topicId: TOPIC, format: "event" });
    const ping = {
      action: "PING",
      requestId: "p",
      positions: { [TOPIC]: { epoch: last?.epoch, offset: 1 } },
    };
    await used.send(ping);
    expect(used.posted().at(-1)).toMatchObject({ type: "PONG", positions: { [TOPIC]: { offset: 1 } } });
    await used.send(frame);
    await used.send(ping);
    const [pong, events] = used.posted().slice(-2);
    expect(pong).toMatchObject({ type: "PONG", positions: { [TOPIC]: { offset: 2, recovered: true } } });
    expect(events).toMatchObject({ type: "EVENTS", events: [{ offset: 2 }] });
  });

  it("passes topic, data and token to `authorize`", async () => {
    const asked: unknown[] = [];
    const used = setUp({ authorize: (request) => asked.push(request) > 0 });
    await used.send({ ...frame, token: "t" });
    const event = { requestContext: {}, body: JSON.stringify({ ...frame, token: "t" }) };
    expect(asked).toEqual([
      {
        action: "PUBLISH",
        topicId: TOPIC,
        data: frame.data,
        token: "t",
        consumer,
        user: expect.any(Function),
        event,
      },
    ]);
  });

  it.each([null, 0, "", "text", [], [[1]], { __proto: 1 }])("publishes the JSON value %j", async (data) => {
    const used = setUp({ authorize: allow });
    await used.send({ ...frame, data, requestId: "r" });
    expect(used.posted()).toMatchObject([{ type: "PUBLISHED" }]);
    expect(used.log.dump(TOPIC)).toMatchObject([
      { json: JSON.stringify(data), verbatim: typeof data === "string" },
    ]);
  });
});

describe("the option `actions`", () => {
  it("refuses an action that it does not name as unknown, and handles the others", async () => {
    const reader = setUp({ authorize: allow, handler: { actions: ["SUBSCRIBE", "UNSUBSCRIBE", "PING"] } });
    await reader.send({ ...frame, requestId: "r" });
    const message = 'action must be SUBSCRIBE, UNSUBSCRIBE or PING; got "PUBLISH" (string of 7)';
    expect(reader.posted()).toEqual([{ type: "ERROR", requestId: "r", code: "INVALID_FRAME", message }]);
    expectNothingWritten(reader);
    const writer = setUp({ authorize: allow, handler: { actions: ["PUBLISH"] } });
    await writer.send({ ...frame, requestId: "r" });
    await writer.send({ action: "PING", requestId: "r" });
    expect(writer.posted()).toMatchObject([{ type: "PUBLISHED" }, { type: "ERROR", code: "INVALID_FRAME" }]);
  });
});
