/**
 * A regression that the chaos suites found, seed 3. The response to an append was lost, so the client made the append
 * again. The second append conflicted with another transaction in progress. The library took the conflict for a taken
 * offset and wrote the event a second time, after the first one.
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

/** Makes each write but returns a conflict, `conflicts` times. */
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
])("writes once if the response was lost and the repeated append met a transaction: %s", async (_, ids) => {
  const { append, stored } = await setUp(2);
  expect(await append(...ids)).toEqual({ outcome: "appended" });
  expect(await stored()).toEqual(ids);
});

it("rejects with a retryable error while the other transaction does not end", async () => {
  const { append, writes } = await setUp(Number.POSITIVE_INFINITY);
  await expect(append("a")).rejects.toMatchObject({
    code: "STORAGE_FAILED",
    retryable: true,
    context: { awsError: "TransactionConflictException" },
  });
  expect(writes()).toBe(8);
});
