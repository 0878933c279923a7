import { type Message, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import type { Queues } from "../../packages/local/src/sqs/index.ts";
import { eventually } from "../support/eventually.ts";
import {
  bringBack,
  client,
  depth,
  newQueues,
  numbers,
  seen,
  send,
  start,
} from "./event-source-mapping-support.ts";

async function deadLetters({ deadLetterQueueUrl }: Queues): Promise<Message[]> {
  const command = new ReceiveMessageCommand({ QueueUrl: deadLetterQueueUrl, WaitTimeSeconds: 5 });
  return (await client.send(command)).Messages ?? [];
}

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
