import { expect, it } from "vitest";
import { publishWhileOneFails, stackForPartialBatches } from "../support/batch-failure.ts";

// An invocation that ends at its time limit would bring the whole batch back. No batch is waited for here
const local = stackForPartialBatches({ handler: true, mapping: false, timeoutSeconds: 300 });

/** The reason why partialBatchResponses is false by default, and why docs/deploying.md prints the setting in bold. */
it("loses the message that fails when the handler returns it and the mapping lacks ReportBatchItemFailures", async () => {
  const { stats } = local.stack;
  const messageFailed = (): boolean => local.log.some((line) => line.includes("fan-out-page"));
  expect(await publishWhileOneFails(local, messageFailed)).toEqual({
    failing: { received: [], state: "delivering" },
    other: { received: ["other"], state: "complete" },
  });
  expect(stats()).toMatchObject({ fanout: { errors: 0 }, queue: { failed: 0, failedBatches: 0 } });
});
