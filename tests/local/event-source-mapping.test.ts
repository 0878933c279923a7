import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import {
  counts,
  depth,
  newQueues,
  numbers,
  region,
  seen,
  send,
  start,
} from "./event-source-mapping-support.ts";

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
