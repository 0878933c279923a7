import { randomUUID } from "node:crypto";
import { isPubsubError, publishToTopic, readTopicEvents } from "lambda-websocket-pubsub";
import { describe, expect, it } from "vitest";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { collect } from "../support/samples.ts";
import { connectSubscriber, eventsIn } from "../support/sockets.ts";

const local = stackForFile();

/** API Gateway's limit; AWS responds with 413 above it. */
const MESSAGE_BYTES_MAX = 131_072;

/** The size of a publication's data as sent; the error for a publication that is too large contains it. */
async function bytesAsSent(topicId: string, data: unknown): Promise<number> {
  try {
    await publishToTopic({ topicId, data, publicationId: "p", config: local.config });
  } catch (error) {
    if (isPubsubError(error, "PAYLOAD_TOO_LARGE")) return Number(error.context.bytes);
    throw error;
  }
  throw new Error("expected a refusal");
}

describe.each([
  ["plain text", "x"],
  ["text of three bytes a character", "€"],
  ["text that JSON escapes", "\n"],
])("the largest accepted publication of %s", (_, character) => {
  it("reaches subscribers of both formats whole, and is rejected with one character more", async () => {
    const topicId = randomUUID();
    const plain = await connectSubscriber(local.stack, topicId, "data");
    const framed = await connectSubscriber(local.stack, topicId, "event");
    const bytesEach = Buffer.byteLength(JSON.stringify(character)) - 2;
    const tooMany = Math.ceil(MESSAGE_BYTES_MAX / bytesEach);
    const excess = (await bytesAsSent(topicId, character.repeat(tooMany))) - MESSAGE_BYTES_MAX;
    expect(excess).toBeGreaterThan(0);
    const count = tooMany - Math.ceil(excess / bytesEach);
    expect(await bytesAsSent(topicId, character.repeat(count + 1))).toBeGreaterThan(MESSAGE_BYTES_MAX);
    expect(await collect(readTopicEvents({ topicId, config: local.config }))).toEqual([]);

    const data = character.repeat(count);
    await publishToTopic({ topicId, data, publicationId: "p", config: local.config });
    await fanoutIdle(local);
    await Promise.all([plain.settle(), framed.settle()]);
    expect(plain.received.map((text) => text === data)).toEqual([true]);
    expect(eventsIn(framed.received).map((event) => event.data === data)).toEqual([true]);
    const frameBytes = Buffer.byteLength(framed.received[0] ?? "");
    expect(frameBytes).toBeLessThanOrEqual(MESSAGE_BYTES_MAX);
    expect(frameBytes).toBeGreaterThan(MESSAGE_BYTES_MAX - 100);
  });
});

describe("events that are too large for one frame together", () => {
  it("delivers events in order, in frames of at most 32 KB", async () => {
    const topicId = randomUUID();
    const socket = await connectSubscriber(local.stack, topicId, "event");
    const data = Array.from({ length: 12 }, (_, index) => String(index).padStart(8_000, "."));
    await Promise.all(data.map((each) => publishToTopic({ topicId, data: each, config: local.config })));
    await fanoutIdle(local);
    await socket.settle();
    const offsets = eventsIn(socket.received).map(({ offset }) => offset);
    expect(offsets).toEqual(data.map((_, index) => index + 1));
    expect(eventsIn(socket.received).map((event) => event.data)).toEqual(data);
    for (const text of socket.received) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(32_768);
    expect(socket.received.length).toBeLessThan(data.length);
  });
});
