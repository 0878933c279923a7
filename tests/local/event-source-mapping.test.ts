import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import { readBatchResponse } from "../../packages/local/src/event-source-mapping/batch-response.ts";
import {
  createEventSourceMapping,
  type EventSourceMapping,
  type MappingOptions,
} from "../../packages/local/src/event-source-mapping/index.ts";
import { createQueues, type Queues, type SqsLocal, startSqs } from "../../packages/local/src/sqs/index.ts";
import { eventually } from "../support/eventually.ts";

const region = "us-east-1";
let sqs: SqsLocal;
let client: SQSClient;
const mappings: EventSourceMapping[] = [];

beforeAll(async () => {
  sqs = await startSqs({ region });
  client = new SQSClient({ endpoint: sqs.endpoint, region, credentials: localCredentials });
});
afterEach(async () => {
  await Promise.all(mappings.splice(0).map((mapping) => mapping.stop({ drainMs: 0 })));
});
afterAll(async () => {
  client?.destroy();
  await sqs?.stop();
});

let queueNumber = 0;
/** A pair of queues for one test. No test waits for the visibility timeout: see `bringBack`. */
function newQueues(maxReceiveCount = 5): Promise<Queues> {
  const name = `test-${++queueNumber}`;
  return createQueues({
    endpoint: sqs.endpoint,
    region,
    credentials: localCredentials,
    fanoutQueueName: name,
    deadLetterQueueName: `${name}-dead`,
    visibilityTimeoutSeconds: 600,
    maxReceiveCount,
  });
}

interface Started {
  mapping: EventSourceMapping;
  /** The records of each invocation. */
  batches: SQSRecord[][];
  errors: { stage: string; message: string }[];
}

function start(
  queues: Queues,
  answer: (event: SQSEvent, attempt: number) => unknown,
  options: Partial<MappingOptions> = {},
): Started {
  const batches: SQSRecord[][] = [];
  const errors: Started["errors"] = [];
  const mapping = createEventSourceMapping({
    queueUrl: queues.fanoutQueueUrl,
    queueArn: queues.fanoutQueueArn,
    endpoint: sqs.endpoint,
    region,
    credentials: localCredentials,
    invoke: async (event) => answer(event as SQSEvent, batches.push((event as SQSEvent).Records)),
    onError: (error, stage) => errors.push({ stage, message: String(error) }),
    ...options,
  });
  mappings.push(mapping);
  return { mapping, batches, errors };
}

async function send(queues: Queues, bodies: string[]): Promise<void> {
  for (let from = 0; from < bodies.length; from += 10) {
    const Entries = bodies.slice(from, from + 10).map((MessageBody, index) => ({
      Id: `m${index}`,
      MessageBody,
      MessageAttributes: { kind: { DataType: "String", StringValue: "test" } },
    }));
    await client.send(new SendMessageBatchCommand({ QueueUrl: queues.fanoutQueueUrl, Entries }));
  }
}

/** Makes messages visible again that were received, as their visibility timeout would do some day. */
async function bringBack(queues: Queues, records: readonly { receiptHandle: string }[]): Promise<void> {
  const Entries = records.map(({ receiptHandle: ReceiptHandle }, index) => ({
    Id: `m${index}`,
    ReceiptHandle,
    VisibilityTimeout: 0,
  }));
  const QueueUrl = queues.fanoutQueueUrl;
  const { Failed = [] } = await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
  expect(Failed).toEqual([]);
}

async function counts(queueUrl: string): Promise<{ visible: number; hidden: number }> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
  );
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages),
    hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
  };
}

async function depth(queueUrl: string): Promise<number> {
  const { visible, hidden } = await counts(queueUrl);
  return visible + hidden;
}

async function deadLetters({ deadLetterQueueUrl }: Queues): Promise<Message[]> {
  const command = new ReceiveMessageCommand({ QueueUrl: deadLetterQueueUrl, WaitTimeSeconds: 5 });
  return (await client.send(command)).Messages ?? [];
}

const seen = ({ batches }: Started): string[] => batches.flat().map(({ body }) => body);
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

describe("a batch", () => {
  it("arrives as Lambda's SQS event, and is deleted when the function succeeds", async () => {
    const queues = await newQueues();
    await send(queues, numbers(3));
    const started = start(queues, () => ({ batchItemFailures: [] }));
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(started.batches).toHaveLength(1);
    expect(started.batches[0]?.[1]).toEqual({
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: "1",
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {
        kind: { stringValue: "test", dataType: "String", stringListValues: [], binaryListValues: [] },
      },
      md5OfBody: "c4ca4238a0b923820dcc509a6f75849b",
      md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventSource: "aws:sqs",
      eventSourceARN: queues.fanoutQueueArn,
      awsRegion: region,
    });
    await eventually(() => {
      expect(started.mapping.stats()).toMatchObject({ batches: 1, messages: 3, deleted: 3, failed: 0 });
    });
  });

  it("never exceeds the batch size, and nothing is left out", async () => {
    const queues = await newQueues();
    await send(queues, numbers(25));
    const started = start(queues, () => null, { batchSize: 4 });
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(Math.max(...started.batches.map((batch) => batch.length))).toBe(4);
    expect(seen(started).toSorted()).toEqual(numbers(25).toSorted());
  });

  it("fills up during the window, past the ten messages of one receive", async () => {
    const queues = await newQueues();
    await send(queues, numbers(12));
    const started = start(queues, () => null, { batchSize: 13, batchWindowMs: 300_000 });
    await eventually(async () => expect(await counts(queues.fanoutQueueUrl)).toMatchObject({ visible: 0 }));
    await send(queues, ["late"]);
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(started.batches.map((batch) => batch.length)).toEqual([13]);
  });

  it("is given to the function at the end of the window, though it is not full", async () => {
    const queues = await newQueues();
    await send(queues, ["alone"]);
    const started = start(queues, () => null, { batchSize: 13, batchWindowMs: 1_000 });
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(seen(started)).toEqual(["alone"]);
  });
});

describe("failures", () => {
  it("deletes all but the reported messages, which come back with a higher receive count", async () => {
    const queues = await newQueues();
    await send(queues, numbers(4));
    const started = start(queues, async ({ Records }, attempt) => {
      if (attempt > 1) return null;
      await bringBack(queues, Records.slice(2, 3));
      return { batchItemFailures: [{ itemIdentifier: Records[2]?.messageId }] };
    });
    await eventually(() => expect(started.batches).toHaveLength(2));
    const [retried] = started.batches[1] ?? [];
    expect(started.batches[1]).toHaveLength(1);
    expect(retried).toMatchObject({ body: "2", attributes: { ApproximateReceiveCount: "2" } });
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    await eventually(() => {
      expect(started.mapping.stats()).toMatchObject({ deleted: 4, failed: 1, failedBatches: 0 });
    });
  });

  it("brings the whole batch back when the function throws", async () => {
    const queues = await newQueues();
    await send(queues, numbers(3));
    const started = start(queues, async ({ Records }, attempt) => {
      if (attempt > 1) return null;
      await bringBack(queues, Records);
      throw new Error("out of luck");
    });
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(seen(started).toSorted()).toEqual(["0", "0", "1", "1", "2", "2"]);
    expect(started.errors).toEqual([{ stage: "invoke", message: "Error: out of luck" }]);
    await eventually(() => {
      expect(started.mapping.stats()).toMatchObject({ failedBatches: 1, failed: 3, deleted: 3 });
    });
  });

  it("brings the whole batch back when the response is invalid", async () => {
    const queues = await newQueues();
    await send(queues, numbers(2));
    const started = start(queues, async ({ Records }, attempt) => {
      if (attempt > 1) return {};
      await bringBack(queues, Records);
      return { batchItemFailures: [{ itemIdentifier: "of another batch" }] };
    });
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(seen(started)).toHaveLength(4);
    expect(started.errors).toMatchObject([{ stage: "response" }]);
  });

  it("leaves a message that always fails to the dead-letter queue", async () => {
    const queues = await newQueues(2);
    await send(queues, ["poison", "fine"]);
    const started = start(queues, async ({ Records }) => {
      const poison = Records.filter(({ body }) => body === "poison");
      if (poison.length > 0) await bringBack(queues, poison);
      return { batchItemFailures: poison.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    });
    let dead: Message[] = [];
    await eventually(async () => {
      dead = await deadLetters(queues);
      expect(dead).toHaveLength(1);
    });
    expect(dead[0]?.Body).toBe("poison");
    expect(seen(started).filter((body) => body === "poison")).toHaveLength(2);
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
  });
});

describe("a mapping without partialBatchResponses", () => {
  const off = { partialBatchResponses: false };

  it("loses the messages that the function returns as failed: Lambda ignores the list and deletes them", async () => {
    const queues = await newQueues();
    await send(queues, numbers(3));
    const started = start(
      queues,
      ({ Records }) => ({ batchItemFailures: [{ itemIdentifier: Records[1]?.messageId }] }),
      off,
    );
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(seen(started).toSorted()).toEqual(["0", "1", "2"]);
    expect(started.mapping.stats()).toMatchObject({ deleted: 3, failed: 0, failedBatches: 0 });
    expect(started.errors).toEqual([]);
  });

  it.each([
    ["text", "done"],
    ["an id of another batch", { batchItemFailures: [{ itemIdentifier: "of another batch" }] }],
  ])("deletes the batch whatever a function that succeeds returns: %s", async (_, response) => {
    const queues = await newQueues();
    await send(queues, numbers(2));
    const started = start(queues, () => response, off);
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(started.mapping.stats()).toMatchObject({ batches: 1, deleted: 2, failed: 0 });
    expect(started.errors).toEqual([]);
  });

  it("brings the whole batch back when the function throws", async () => {
    const queues = await newQueues();
    await send(queues, numbers(3));
    const started = start(
      queues,
      (_, attempt) => {
        if (attempt === 1) throw new Error("1 of 3 messages failed");
        return { batchItemFailures: [] };
      },
      off,
    );
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(seen(started).toSorted()).toEqual(["0", "0", "1", "1", "2", "2"]);
    expect(started.mapping.stats()).toMatchObject({ failedBatches: 1, failed: 3, deleted: 3 });
  });
});

describe("the response", () => {
  const ids = new Set(["a", "b"]);
  const failed = (response: unknown): string[] | "invalid" => {
    const verdict = readBatchResponse(response, ids);
    return verdict.kind === "invalid" ? "invalid" : [...verdict.failedIds];
  };

  it.each([[null], [undefined], [{}], [{ batchItemFailures: null }], [{ batchItemFailures: [] }]])(
    "is a success: %j",
    (response) => expect(failed(response)).toEqual([]),
  );

  it.each([
    ["done"],
    [[]],
    [{ batchItemFailures: "a" }],
    [{ batchItemFailures: ["a"] }],
    [{ batchItemFailures: [{ itemIdentifier: "" }] }],
    [{ batchItemFailures: [{ itemIdentifier: null }] }],
    [{ batchItemFailures: [{ messageId: "a" }] }],
    [{ batchItemFailures: [{ itemIdentifier: "a" }, { itemIdentifier: "z" }] }],
  ])("fails the whole batch: %j", (response) => expect(failed(response)).toBe("invalid"));

  it("names each failed message once", () => {
    const item = { itemIdentifier: "b" };
    expect(failed({ batchItemFailures: [item, item] })).toEqual(["b"]);
  });
});

describe("concurrency and stop", () => {
  /** A function that ends when told to. */
  function held(): { invoke: () => Promise<null>; release: () => void } {
    const gate = Promise.withResolvers<null>();
    return { invoke: () => gate.promise, release: () => gate.resolve(null) };
  }

  it("runs no more batches than allowed, and receives nothing it cannot run", async () => {
    const queues = await newQueues();
    await send(queues, numbers(5));
    const gate = held();
    const started = start(queues, gate.invoke, { batchSize: 1, maximumConcurrency: 2 });
    await eventually(() => expect(started.mapping.stats().inFlight).toBe(2));
    expect(await counts(queues.fanoutQueueUrl)).toEqual({ visible: 3, hidden: 2 });
    gate.release();
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(seen(started).toSorted()).toEqual(numbers(5));
  });

  it("lets running batches end on stop", async () => {
    const queues = await newQueues();
    await send(queues, ["one"]);
    const gate = held();
    const { mapping } = start(queues, gate.invoke);
    await eventually(() => expect(mapping.stats().inFlight).toBe(1));
    const stopped = mapping.stop();
    gate.release();
    await stopped;
    expect(mapping.stats()).toMatchObject({ inFlight: 0, deleted: 1 });
    expect(await depth(queues.fanoutQueueUrl)).toBe(0);
  });

  it("abandons what outlasts the drain, and leaves its messages in the queue", async () => {
    const queues = await newQueues();
    await send(queues, ["one"]);
    const { mapping, errors } = start(queues, () => null, {
      maximumConcurrency: 1,
      invoke: (_event, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    await eventually(() => expect(mapping.stats().inFlight).toBe(1));
    await Promise.all([mapping.stop({ drainMs: 10 }), mapping.stop()]);
    expect(mapping.stats()).toMatchObject({ inFlight: 0, deleted: 0, failed: 1 });
    expect(errors).toEqual([]);
    expect(await depth(queues.fanoutQueueUrl)).toBe(1);
  });

  it("reports a queue it cannot read, and carries on", async () => {
    const queues = await newQueues();
    const missing = { ...queues, fanoutQueueUrl: `${queues.fanoutQueueUrl}-missing` };
    const { errors } = start(missing, () => null);
    await eventually(() => expect(errors.length).toBeGreaterThan(1));
    expect(errors[0]).toMatchObject({ stage: "receive" });
  });

  it("refuses unknown and unfit options by name", async () => {
    const queues = await newQueues();
    const attempt = (options: object) => () => start(queues, () => null, options);
    expect(attempt({ batchsize: 5 })).toThrow(/"batchsize" is unknown .*got 5 \(number\)/);
    expect(attempt({ batchSize: 0 })).toThrow(/"batchSize" must be an integer between 1 and 10000, got 0/);
    expect(attempt({ batchSize: 11 })).toThrow(/"batchWindowMs" must be at least 1000/);
    expect(attempt({ partialBatchResponses: 1 })).toThrow(
      /"partialBatchResponses" must be true or false, got 1 \(number\)/,
    );
    expect(attempt({ maximumConcurrency: 1.5 })).toThrow(/"maximumConcurrency" must be .*got 1.5 \(number\)/);
  });
});

describe("messages to be misdelivered", () => {
  it("are given to the function twice, at once or long after success", async () => {
    const queues = await newQueues();
    const started = start(queues, () => null);
    started.mapping.faults.add({ act: "duplicate", times: 1 });
    started.mapping.faults.add({ act: "duplicate", times: 1, delayMs: 200 });
    await send(queues, ["at once"]);
    await eventually(() => expect(seen(started)).toEqual(["at once", "at once"]));
    await send(queues, ["late"]);
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    await eventually(() => expect(seen(started).slice(2)).toEqual(["late", "late"]));
    await eventually(() => expect(started.mapping.stats()).toMatchObject({ deleted: 2, failed: 0 }));
  });

  it("are held until others have overtaken them", async () => {
    const queues = await newQueues();
    // Both are there before the first receive, which takes them together
    await send(queues, ["first", "second"]);
    const started = start(queues, () => null);
    started.mapping.faults.add({
      act: "hold",
      times: 1,
      delayMs: 200,
      match: ({ body }) => body === "first",
    });
    await eventually(() => expect(seen(started)).toEqual(["second", "first"]));
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
  });

  it("are given out again by the queue while they are worked on", async () => {
    const queues = await newQueues();
    const working = Promise.withResolvers<null>();
    const started = start(queues, (_, attempt) => (attempt === 1 ? working.promise : null));
    started.mapping.faults.add({ act: "expire", times: 1 });
    await send(queues, ["slow"]);
    await eventually(() => expect(seen(started)).toEqual(["slow", "slow"]));
    expect(started.batches[1]?.[0]?.attributes.ApproximateReceiveCount).toBe("2");
    working.resolve(null);
  });

  it("count as failed whatever the function says of them: half a batch comes back", async () => {
    const queues = await newQueues();
    await send(queues, numbers(4));
    const started = start(queues, () => null);
    const isOdd = ({ body, receiveCount }: { body: string; receiveCount: number }): boolean =>
      receiveCount === 1 && Number(body) % 2 === 1;
    started.mapping.faults.add({ act: "fail", match: isOdd });
    await eventually(() => expect(started.mapping.stats()).toMatchObject({ deleted: 2, failed: 2 }));
    await bringBack(
      queues,
      started.batches.flat().filter(({ body }) => Number(body) % 2 === 1),
    );
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(seen(started).toSorted()).toEqual(["0", "1", "1", "2", "3", "3"]);
    await eventually(() => {
      expect(started.mapping.stats()).toMatchObject({ deleted: 4, failed: 2, failedBatches: 0 });
    });
  });

  it("leaves to the queue what is held when the mapping stops", async () => {
    const queues = await newQueues();
    const started = start(queues, () => null);
    started.mapping.faults.add({ act: "hold", delayMs: 60_000 });
    await send(queues, ["held"]);
    await eventually(async () =>
      expect(await counts(queues.fanoutQueueUrl)).toEqual({ visible: 0, hidden: 1 }),
    );
    await started.mapping.stop();
    expect(seen(started)).toEqual([]);
    expect(await depth(queues.fanoutQueueUrl)).toBe(1);
  });

  it.each([
    [{}, /"act" must be one of duplicate, hold, expire, fail, got undefined/],
    [{ act: "lose" }, /"act" must be one of/],
    [{ act: "hold", delay: 3 }, /"delay" is unknown/],
  ])("refuses a rule like %j", async (fault, message) => {
    const { mapping } = start(await newQueues(), () => null);
    expect(() => mapping.faults.add(fault as Parameters<typeof mapping.faults.add>[0])).toThrow(message);
  });
});
