import { expect, it } from "vitest";
import type { Suite } from "./suite.ts";

export const testMapping: Suite = (stage, { maximumConcurrency }) => {
  it("feeds the fan-out function from the fan-out queue, failures message by message, at a bounded rate", () => {
    expect(stage().one("mapping").inputs).toEqual({
      eventSourceArn: stage().arn("queue", "FanoutQueueQueue"),
      functionName: stage().arn("function", "FanoutFunction"),
      functionResponseTypes: ["ReportBatchItemFailures"],
      batchSize: 10,
      maximumBatchingWindowInSeconds: 0,
      scalingConfig: { maximumConcurrency },
    });
  });
};
