/**
 * Found by the chaos suites, seed 3: an append whose answer was lost was made again by the client and met somebody
 * else's transaction under way. That was taken for an offset that is not free, and the event was written once more
 * behind itself.
 */
import { randomUUID } from "node:crypto";
import { TransactionCanceledException, TransactionConflictException } from "@aws-sdk/client-dynamodb";
import { expect, it, onTestFinished } from "vitest";
import { createDynamodbTopicLog } from "../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import type { AppendOutcome } from "../../../packages/pubsub/src/core/ports.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { collect, eventToAppend } from "../../support/samples.ts";
import { createTestTable } from "../../support/table.ts";

const epoch = "0m1c2d3e4";

function conflict(commandName: string, items: number): Error {
  const metadata = { $metadata: {}, message: "Transaction is ongoing for the item" };
  if (commandName === "PutItemCommand") return new TransactionConflictException(metadata);
  const CancellationReasons = Array.from({ length: items }, () => ({ Code: "TransactionConflict" }));
  return new TransactionCanceledException({ ...metadata, CancellationReasons });
}

/** Writes are made, `conflicts` times, and what comes back is a conflict. */
async function setUp(conflicts: number) {
  const table = await createTestTable();
  onTestFinished(() => table.client.destroy());
  let writes = 0;
  table.client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        if (!/^(Put|Transact)/.test(commandName) || ++writes > conflicts) return next(args);
        await next(args).catch(() => {});
        throw conflict(commandName, 2);
      },
    { step: "initialize", name: "loseAnswers" },
  );
  const clock = createManualClock();
  const log = createDynamodbTopicLog(table, clock);
  const topicId = randomUUID();
  return {
    append: (...ids: string[]): Promise<AppendOutcome> => {
      const events = ids.map((id) => eventToAppend(id, { nowMs: clock.now() }));
      return log.append({ topicId, epoch, offset: 1, events });
    },
    stored: async () =>
      (await collect(log.read({ topicId, epoch, after: 0 }))).map((event) => event.publicationId),
    writes: () => writes,
  };
}

it.each([
  ["a single event", ["a"]],
  ["a group", ["a", "b"]],
])("is written once where the answer was lost and the repeat met a transaction: %s", async (_, ids) => {
  const { append, stored } = await setUp(2);
  expect(await append(...ids)).toEqual({ outcome: "appended" });
  expect(await stored()).toEqual(ids);
});

it("fails, to be tried again, while the transaction does not end", async () => {
  const { append, writes } = await setUp(Number.POSITIVE_INFINITY);
  await expect(append("a")).rejects.toMatchObject({
    code: "STORAGE_FAILED",
    retryable: true,
    context: { awsError: "TransactionConflictException" },
  });
  expect(writes()).toBe(8);
});
