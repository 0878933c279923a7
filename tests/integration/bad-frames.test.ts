import { randomUUID } from "node:crypto";
import { SPENDING_KEY } from "lambda-websocket-pubsub/schema";
import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { readRows } from "../support/rows.ts";
import { connect, type Frame, type TestSocket } from "../support/sockets.ts";

const local = stackForFile();

/** Two subscriptions and an epoch that would change if a frame were mistaken for something else. */
let standing: TestSocket;
const topicId = randomUUID();
beforeAll(async () => {
  standing = await connect(local.stack);
  await standing.request({ action: "SUBSCRIBE", topicId });
  await standing.request({ action: "SUBSCRIBE", topicId: "__proto__" });
});

async function errorAnswerTo(socket: TestSocket, frame: string | Buffer): Promise<Frame> {
  const seen = socket.received.length;
  socket.socket.send(frame);
  const text = await eventually(() => {
    const answer = socket.received[seen];
    if (answer === undefined) throw new Error(`no answer to ${String(frame).slice(0, 80)}`);
    return answer;
  });
  return JSON.parse(text) as Frame;
}

const subscribe = (fields: string): string => `{"action":"SUBSCRIBE",${fields}}`;
const ping = (fields: string): string => `{"action":"PING",${fields}}`;

/** All rows but what the connection's messages have cost, which an invalid one adds to. */
const rowsBesideCosts = async (): ReturnType<typeof readRows> =>
  (await readRows(local)).filter(({ u }) => u?.S !== SPENDING_KEY.all);

describe("an invalid frame", () => {
  it.each([
    ["plain text", "hello", "INVALID_FRAME"],
    ["JSON that breaks off", '{"action":"SUBSCRIBE","topicId":"a"', "INVALID_FRAME"],
    ["an array", '[{"action":"PING"}]', "INVALID_FRAME"],
    ["null", "null", "INVALID_FRAME"],
    ["a number", "12", "INVALID_FRAME"],
    ["no action", '{"topicId":"a"}', "INVALID_FRAME"],
    ["an unknown action", '{"action":"SHOUT","topicId":"a","data":1}', "INVALID_FRAME"],
    ["an action in lower case", '{"action":"subscribe","topicId":"a"}', "INVALID_FRAME"],
    ["an action named like a property of all objects", '{"action":"constructor"}', "INVALID_FRAME"],
    ["no topic id", '{"action":"UNSUBSCRIBE"}', "INVALID_TOPIC_ID"],
    ["a topic id that is a number", subscribe('"topicId":5'), "INVALID_TOPIC_ID"],
    ["a topic id that is an array", subscribe('"topicId":["a"]'), "INVALID_TOPIC_ID"],
    ["an empty topic id", subscribe('"topicId":""'), "INVALID_TOPIC_ID"],
    ["a topic id with a control character", subscribe('"topicId":"a\\u0000b"'), "INVALID_TOPIC_ID"],
    ["a topic id with half a surrogate pair", subscribe('"topicId":"\\ud800"'), "INVALID_TOPIC_ID"],
    ["a topic id of 513 bytes", subscribe(`"topicId":"${"é".repeat(256)}x"`), "INVALID_TOPIC_ID"],
    ["an unknown format", subscribe('"topicId":"a","format":"xml"'), "INVALID_FRAME"],
    ["a request id that is a number", subscribe('"topicId":"a","requestId":7'), "INVALID_FRAME"],
    [
      "a request id without end",
      subscribe(`"topicId":"a","requestId":"${"r".repeat(129)}"`),
      "INVALID_FRAME",
    ],
    ["a position that is text", subscribe('"topicId":"a","since":"yesterday"'), "INVALID_FRAME"],
    ["a negative offset", subscribe('"topicId":"a","since":{"epoch":"e","offset":-1}'), "INVALID_FRAME"],
    ["positions in an array", ping('"positions":[]'), "INVALID_FRAME"],
    ["a __proto__ beside the action", '{"action":"PING","__proto__":{"x":1}}', "INVALID_FRAME"],
    [
      "a __proto__ that brings the action",
      '{"__proto__":{"action":"SUBSCRIBE","topicId":"a"}}',
      "INVALID_FRAME",
    ],
    [
      "a __proto__ in a position",
      subscribe('"topicId":"a","since":{"__proto__":{"epoch":"e","offset":1}}'),
      "INVALID_FRAME",
    ],
    ["nesting without end", `${"[".repeat(16_000)}${"]".repeat(16_000)}`, "INVALID_FRAME"],
  ])("returns an ERROR to %s and keeps the table and the socket unchanged", async (_, frame, code) => {
    const before = await rowsBesideCosts();
    const answer = await errorAnswerTo(standing, frame);
    expect(answer).toEqual({ type: "ERROR", code, message: expect.stringMatching(/\w+/) });
    expect(await standing.request({ action: "PING" })).toMatchObject({ type: "PONG" });
    expect(await rowsBesideCosts()).toEqual(before);
    expect(before.filter(({ p }) => p?.S?.startsWith("consumer#"))).toHaveLength(2);
  });

  it("rejects bytes that are not text like any other invalid frame", async () => {
    const answer = await errorAnswerTo(standing, Buffer.from([0xff, 0x00, 0xc3, 0x28]));
    expect(answer).toMatchObject({ type: "ERROR", code: "INVALID_FRAME" });
  });

  it("returns the request id in the ERROR if it could be read", async () => {
    const answer = await standing.request({ action: "SUBSCRIBE", topicId: 5 });
    expect(answer).toMatchObject({ type: "ERROR", code: "INVALID_TOPIC_ID", requestId: expect.any(String) });
  });

  it("returns an error that says what was expected and what was received", async () => {
    const answer = await standing.request({ action: "SUBSCRIBE", topicId: "a", format: "xml" });
    expect(answer.message).toBe('format must be "data" or "event"; got "xml" (string of 3)');
  });
});

describe("a frame that is too large", () => {
  const ping = (bytes: number): string => {
    const frame = { action: "PING", requestId: "large", pad: "" };
    return JSON.stringify({ ...frame, pad: "p".repeat(bytes - JSON.stringify(frame).length) });
  };

  it("accepts a frame of up to 32 KB", async () => {
    expect(Buffer.byteLength(ping(32_768))).toBe(32_768);
    standing.send(ping(32_768));
    await eventually(() => expect(standing.received).toContain('{"type":"PONG","requestId":"large"}'));
  });

  it("closes the connection with 1009, as AWS does, and writes nothing for a frame above 32 KB", async () => {
    const socket = await connect(local.stack);
    const before = await readRows(local);
    socket.send(ping(32_769));
    expect(await socket.closed).toBe(1009);
    expect(await readRows(local)).toEqual(before);
  });

  it("responds with an ERROR to a large frame that is sent in fragments within the limit", async () => {
    const socket = await connect(local.stack);
    const frame = Buffer.from(ping(60_000));
    socket.socket.send(frame.subarray(0, 30_000), { binary: false, fin: false });
    socket.socket.send(frame.subarray(30_000), { binary: false, fin: true });
    const text = await eventually(() => {
      const [answer] = socket.received;
      if (answer === undefined) throw new Error("no answer");
      return answer;
    });
    expect(JSON.parse(text)).toEqual({
      type: "ERROR",
      code: "INVALID_FRAME",
      message: "a frame is at most 32768 bytes; got 60000",
    });
    expect(await socket.request({ action: "PING" })).toMatchObject({ type: "PONG" });
  });
});
