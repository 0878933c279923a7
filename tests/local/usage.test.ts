import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { type PubsubConfig, publishToTopic, subscribeToTopic } from "lambda-websocket-pubsub";
import { subtractUsage, type Usage } from "lambda-websocket-pubsub-local";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { eventually, within } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { incompressible } from "../support/samples.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const KB = 1_024;
const FRAME_BYTES = 32 * KB;
const lines: string[] = [];

/** The functions respond to each message through the queue. Only the tests use the table. */
const used = stackForFile(() => ({
  functions: { websocket: fixture("websocket.ts"), fanout: fixture("fanout.ts") },
  websocket: { memoryMb: 512 },
  fanout: { memoryMb: 2_048 },
  onLog: (line, source) => {
    if (source.kind === "function") lines.push(line);
  },
}));

async function connect(): Promise<WebSocket> {
  const socket = new WebSocket(used.stack.websocketUrl);
  onTestFinished(() => socket.terminate());
  await within("open socket", once(socket, "open"));
  return socket;
}

/** Sends this number of bytes in frames that API Gateway accepts. Returns the bytes of the response. */
async function exchange(socket: WebSocket, bytes: number): Promise<number> {
  const { deleted } = used.stack.stats().queue;
  const answer = once(socket, "message");
  for (let left = bytes; left > 0; left -= FRAME_BYTES) {
    socket.send("x".repeat(Math.min(left, FRAME_BYTES)), { fin: left <= FRAME_BYTES });
  }
  const [data] = (await within("answer", answer)) as [Buffer];
  await eventually(() =>
    expect(used.stack.stats().queue).toMatchObject({ deleted: deleted + 1, inFlight: 0 }),
  );
  return data.length;
}

async function usageOf(act: () => Promise<unknown>): Promise<Usage> {
  const before = used.stack.usage();
  await act();
  return subtractUsage(used.stack.usage(), before);
}

describe("a message through the whole stack", () => {
  it("counts one unit of each service if it is small", async () => {
    const socket = await connect();
    let received = 0;
    const { apiGateway, sqs, lambda, dynamodb } = await usageOf(async () => {
      received = await exchange(socket, 100);
    });
    expect(apiGateway.messages).toBe(1 + 1); // from the client and to it
    expect(apiGateway.bytesOut).toBe(received);
    expect(sqs.requests).toBe(4); // GetQueueUrl and SendMessage by the function, receive and delete by its mapping
    expect(lambda.requests).toBe(2);
    expect(dynamodb).toEqual({ writeUnits: 0, readUnits: 0 }); // describing a table is free
  });

  it("counts one message more for each started 32 KB, in both directions", async () => {
    const socket = await connect();
    await exchange(socket, 1);
    const exact = await usageOf(async () => {
      expect(await exchange(socket, FRAME_BYTES)).toBeGreaterThan(FRAME_BYTES);
    });
    expect(exact.apiGateway.messages).toBe(1 + 2);
    const larger = await usageOf(() => exchange(socket, 33 * KB));
    expect(larger.apiGateway.messages).toBe(2 + 2);
    expect(larger.sqs.requests).toBe(4);
  });

  it("counts one queue request more for each started 64 KB, sent and received", async () => {
    const socket = await connect();
    const { apiGateway, sqs } = await usageOf(() => exchange(socket, 65 * KB));
    expect(apiGateway.messages).toBe(3 + 3);
    expect(sqs.requests).toBe(1 + 2 + 2 + 1);
  });
});

describe("the queue", () => {
  it("counts a batch by the sum of its messages, and empty receives separately", async () => {
    const { sqs: client, stack } = used;
    const QueueUrl = stack.deadLetterQueueUrl; // no mapping polls it
    const receive = (): Promise<{ Messages?: unknown[] | undefined }> =>
      client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    const count = async (act: () => Promise<unknown>): Promise<number> => (await usageOf(act)).sqs.requests;

    const small = ["1", "2", "3"].map((Id) => ({ Id, MessageBody: "x".repeat(20 * KB) }));
    const large = ["4", "5"].map((Id) => ({ Id, MessageBody: "x".repeat(33 * KB) }));
    const send = (Entries: typeof small): Promise<unknown> =>
      client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(await count(() => send(small))).toBe(1);
    expect(await count(receive)).toBe(1);
    expect(await count(() => send(large))).toBe(2);
    expect(await count(receive)).toBe(2);

    // 64 KB plus a name, a type and a value
    const MessageAttributes = { n: { DataType: "String", StringValue: "v" } };
    const full = { QueueUrl, MessageBody: "x".repeat(64 * KB) };
    expect(await count(() => client.send(new SendMessageCommand(full)))).toBe(1);
    expect(await count(() => client.send(new SendMessageCommand({ ...full, MessageAttributes })))).toBe(2);
    // A quote counts one byte, also if it is escaped in the request
    const quoted = { QueueUrl, MessageBody: '"'.repeat(60 * KB) };
    expect(await count(() => client.send(new SendMessageCommand(quoted)))).toBe(1);

    while ((await receive()).Messages !== undefined);
    const idle = await usageOf(receive);
    expect(idle.sqs.requests).toBe(0);
    expect(idle.sqs.emptyReceives).toBeGreaterThanOrEqual(1); // the mapping's own polls may be among them
  });
});

describe("the library", () => {
  const topicId = "room-1";
  const subscribe = (connectionId: string): Promise<unknown> => {
    const consumer = { domainName: "example.com", stage: "$default", connectionId };
    return subscribeToTopic({ consumer, topicId, config: used.config });
  };
  const publish = (data: string, config: PubsubConfig): Promise<unknown> =>
    publishToTopic({ topicId, data, config });

  it("consumes the write units of the table and of the index for a subscription", async () => {
    await subscribe("first="); // opens the topic
    expect((await usageOf(() => subscribe("second="))).dynamodb.writeUnits).toBe(2);
  });

  it("consumes a write unit for each started KB and a queue request for a publication", async () => {
    // It publishes to another queue, because the fan-out function of this file cannot decode the message
    const config = { ...used.config, fanoutQueueUrl: used.stack.deadLetterQueueUrl };
    await publish("first", config);
    const small = await usageOf(() => publish("x", config));
    expect(small).toMatchObject({ dynamodb: { writeUnits: 1 }, sqs: { requests: 1 } });
    const large = await usageOf(() => publish(incompressible(2 * KB), config));
    expect(large).toMatchObject({ dynamodb: { writeUnits: 3 }, sqs: { requests: 1 } });
  });
});

describe("time", () => {
  /** `Date.now()` returns whole milliseconds, so each end of each of two connections can be wrong by one. */
  const ROUNDING_MS = 4;

  it("counts the GB-seconds of each function by its memory", () => {
    const { websocket, fanout } = used.stack.stats();
    const { lambda } = used.stack.usage();
    expect(lambda.requests).toBe(websocket.invocations + fanout.invocations);
    expect(websocket.durationsMs.billed).toBeGreaterThan(0);
    const milliseconds = websocket.durationsMs.billed * 0.5 + fanout.durationsMs.billed * 2;
    expect(lambda.gbSeconds).toBeCloseTo(milliseconds / 1_000, 9);
  });

  it("counts connection minutes as long as connections are open", async () => {
    await eventually(() => expect(used.stack.stats().gateway.connections).toBe(0));
    const minutes = (): number => used.stack.usage().apiGateway.connectionMinutes;
    const before = minutes();
    expect(minutes()).toBe(before);
    const asksMs = Date.now();
    const sockets = await Promise.all([connect(), connect()]);
    const opensMs = Date.now();
    await eventually(() => expect(Date.now() - opensMs).toBeGreaterThan(50));
    const openMs = Date.now() - opensMs;
    const counted = (minutes() - before) * 60_000;
    expect(counted).toBeGreaterThan(2 * openMs - ROUNDING_MS);
    expect(counted).toBeLessThan(2 * (Date.now() - asksMs) + ROUNDING_MS);
    for (const socket of sockets) socket.close();
    await eventually(() => expect(used.stack.stats().gateway.connections).toBe(0));
    expect(minutes()).toBe(minutes());
  });
});

describe("logs", () => {
  it("counts the lines of the functions, and none of Lambda's own for invocations that succeed", () => {
    const { websocket, fanout } = used.stack.stats();
    expect(websocket.invocations + fanout.invocations).toBeGreaterThan(0);
    const printed = lines.reduce((bytes, line) => bytes + Buffer.byteLength(line) + 26, 0);
    expect(used.stack.usage().logs.bytes).toBe(printed);
  });
});
