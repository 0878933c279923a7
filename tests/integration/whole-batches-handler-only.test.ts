import { expect, it } from "vitest";
import { NOTHING_LOST, publishWhileOneFails, stackForPartialBatches } from "../support/batch-failure.ts";

const local = stackForPartialBatches({ handler: false, mapping: true });

it("loses and repeats nothing when a message fails: the handler throws, a mapping with ReportBatchItemFailures keeps the whole batch too", async () => {
  const { stats } = local.stack;
  expect(await publishWhileOneFails(local, () => stats().fanout.errors > 0)).toEqual(NOTHING_LOST);
  expect(stats().queue.failedBatches).toBeGreaterThan(0);
  expect(local.log.join("\n")).toMatch(/PubsubError: [12] of [12] messages failed \(/);
});
