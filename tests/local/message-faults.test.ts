import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import {
  bringBack,
  counts,
  depth,
  newQueues,
  numbers,
  seen,
  send,
  start,
} from "./event-source-mapping-support.ts";

describe("injected faults of messages", () => {
  it("delivers a message twice, at once or long after success", async () => {
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

  it("holds a message until others have overtaken it", async () => {
    const queues = await newQueues();
    // Both messages are in the queue before the first receive, which returns them together
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

  it("redelivers a message while the function works on it", async () => {
    const queues = await newQueues();
    const working = Promise.withResolvers<null>();
    const started = start(queues, (_, attempt) => (attempt === 1 ? working.promise : null));
    started.mapping.faults.add({ act: "expire", times: 1 });
    await send(queues, ["slow"]);
    await eventually(() => expect(seen(started)).toEqual(["slow", "slow"]));
    expect(started.batches[1]?.[0]?.attributes.ApproximateReceiveCount).toBe("2");
    working.resolve(null);
  });

  it("redelivers half a batch as failed, even if the function succeeds", async () => {
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

  it("leaves held messages in the queue when the mapping stops", async () => {
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
    [{}, /^act must be one of duplicate, hold, expire, fail; got undefined/],
    [{ act: "lose" }, /^act must be one of/],
    [{ act: "hold", delay: 3 }, / has no option delay; it has /],
  ])("refuses a rule like %j", async (fault, message) => {
    const { mapping } = start(await newQueues(), () => null);
    expect(() => mapping.faults.add(fault as Parameters<typeof mapping.faults.add>[0])).toThrow(message);
  });
});
