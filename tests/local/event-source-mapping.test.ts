import { type Message, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import type { Queues } from "../../packages/local/src/sqs/index.ts";
import { eventually } from "../support/eventually.ts";
import {
  bringBack,
  client,
  counts,
  depth,
  newQueues,
  numbers,
  region,
  seen,
  send,
  start,
} from "./event-source-mapping-support.ts";

async function deadLetters({ deadLetterQueueUrl }: Queues): Promise<Message[]> {
  const command = new ReceiveMessageCommand({ QueueUrl: deadLetterQueueUrl, WaitTimeSeconds: 5 });
  return (await client.send(command)).Messages ?? [];
}

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

  it("passes every message to the function and never exceeds the batch size", async () => {
    const queues = await newQueues();
    await send(queues, numbers(25));
    const started = start(queues, () => null, { batchSize: 4 });
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(Math.max(...started.batches.map((batch) => batch.length))).toBe(4);
    expect(seen(started).toSorted()).toEqual(numbers(25).toSorted());
  });

  it("fills up during the window to more than the ten messages of one receive", async () => {
    const queues = await newQueues();
    await send(queues, numbers(12));
    const started = start(queues, () => null, { batchSize: 13, batchWindowMs: 300_000 });
    await eventually(async () => expect(await counts(queues.fanoutQueueUrl)).toMatchObject({ visible: 0 }));
    await send(queues, ["late"]);
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(started.batches.map((batch) => batch.length)).toEqual([13]);
  });

  it("reaches the function at the end of the window even if it is not full", async () => {
    const queues = await newQueues();
    await send(queues, ["alone"]);
    const started = start(queues, () => null, { batchSize: 13, batchWindowMs: 1_000 });
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(seen(started)).toEqual(["alone"]);
  });
});

describe("failures", () => {
  it("deletes all but the reported messages, and redelivers these with a higher receive count", async () => {
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

  it("redelivers the whole batch when the function throws", async () => {
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

  it.each([true, false])(
    "makes the mapping pause longer after each batch whose function throws, until one succeeds (partialBatchResponses: %s)",
    async (partialBatchResponses) => {
      const queues = await newQueues(9);
      await send(queues, ["unlucky"]);
      const started = start(
        queues,
        async ({ Records }, attempt) => {
          if (attempt === 4 || attempt > 5) return null;
          await bringBack(queues, Records);
          throw new Error("out of luck");
        },
        { partialBatchResponses, maximumConcurrency: 1 },
      );
      await eventually(() =>
        expect(started.mapping.stats()).toMatchObject({ failedBatches: 3, backoffMs: 100 + 200 + 400 }),
      );
      await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
      await send(queues, ["unlucky again"]);
      await eventually(() =>
        expect(started.mapping.stats()).toMatchObject({ failedBatches: 4, backoffMs: 700 + 100, deleted: 2 }),
      );
    },
  );

  it("does not make the mapping pause when the function reports its messages as failed", async () => {
    const queues = await newQueues();
    await send(queues, ["reported"]);
    const started = start(queues, async ({ Records }, attempt) => {
      if (attempt > 2) return null;
      await bringBack(queues, Records);
      return { batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    });
    await eventually(() =>
      expect(started.mapping.stats()).toMatchObject({ failed: 2, deleted: 1, backoffMs: 0 }),
    );
  });

  it("redelivers the whole batch when the response is invalid", async () => {
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

  it("lets the queue move a message that always fails to the dead-letter queue", async () => {
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
    await eventually(() =>
      expect(started.mapping.stats()).toMatchObject({ deleted: 3, failed: 0, failedBatches: 0 }),
    );
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
    await eventually(() =>
      expect(started.mapping.stats()).toMatchObject({ batches: 1, deleted: 2, failed: 0 }),
    );
    expect(started.errors).toEqual([]);
  });

  it("redelivers the whole batch when the function throws", async () => {
    const queues = await newQueues();
    await send(queues, numbers(3));
    const started = start(
      queues,
      async ({ Records }, attempt) => {
        if (attempt > 1) return { batchItemFailures: [] };
        await bringBack(queues, Records);
        throw new Error("1 of 3 messages failed");
      },
      off,
    );
    await eventually(async () => expect(await depth(queues.fanoutQueueUrl)).toBe(0));
    expect(seen(started).toSorted()).toEqual(["0", "0", "1", "1", "2", "2"]);
    await eventually(() =>
      expect(started.mapping.stats()).toMatchObject({ failedBatches: 1, failed: 3, deleted: 3 }),
    );
  });
});

describe("concurrency and stop", () => {
  /** A function that returns when the test lets it. */
  function held(): { invoke: () => Promise<null>; release: () => void } {
    const gate = Promise.withResolvers<null>();
    return { invoke: () => gate.promise, release: () => gate.resolve(null) };
  }

  it("runs at most the allowed number of batches, and receives no message that it cannot run", async () => {
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

  it("lets running batches finish on stop", async () => {
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

  it("abandons batches that last longer than the drain, and leaves their messages in the queue", async () => {
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

  it("reports a queue that it cannot read, and keeps polling", async () => {
    const queues = await newQueues();
    const missing = { ...queues, fanoutQueueUrl: `${queues.fanoutQueueUrl}-missing` };
    const { errors } = start(missing, () => null);
    await eventually(() => expect(errors.length).toBeGreaterThan(1));
    expect(errors[0]).toMatchObject({ stage: "receive" });
  });

  it("rejects unknown and invalid options by name", async () => {
    const queues = await newQueues();
    const attempt = (options: object) => () => start(queues, () => null, options);
    expect(attempt({ batchsize: 5 })).toThrow(/^createEventSourceMapping has no option batchsize; it has /);
    expect(attempt({ batchSize: 0 })).toThrow(/^batchSize must be a whole number from 1 to 10000; got 0/);
    expect(attempt({ batchSize: 11 })).toThrow(/^batchWindowMs must be at least 1000/);
    expect(attempt({ partialBatchResponses: 1 })).toThrow(
      /^partialBatchResponses must be true or false; got 1 \(number\)/,
    );
    expect(attempt({ maximumConcurrency: 1.5 })).toThrow(/^maximumConcurrency must be .*got 1.5 \(number\)/);
  });
});
