import { expect, it, vi } from "vitest";
import { settingsFor } from "../../stacks/settings.ts";
import type { Suite } from "./suite.ts";

/** Stands for the setting that the function is linked to. */
const LINKED = 77;

export const testMapping: Suite = (stage, { stage: name, maximumConcurrency, maxPostsPerSecond }) => {
  it("feeds the fan-out function from the fan-out queue, with failures reported for each message, at a bounded rate", () => {
    expect(stage().one("mapping").inputs).toEqual({
      eventSourceArn: stage().arn("queue", "FanoutQueueQueue"),
      functionName: stage().arn("function", "FanoutFunction"),
      functionResponseTypes: ["ReportBatchItemFailures"],
      batchSize: 10,
      maximumBatchingWindowInSeconds: 0,
      scalingConfig: { maximumConcurrency },
    });
  });

  it("allows the fan-out function, and no other, to be invoked for messages that it queued itself", () => {
    expect(stage().one("recursion").inputs).toEqual({
      functionName: stage().physicalName("function", "FanoutFunction"),
      recursiveLoop: "Allow",
    });
  });

  it("accepts partial batch responses exactly if functions/fanout.ts returns them, or messages would be lost", async () => {
    const { functionResponseTypes = [] } = stage().one("mapping").inputs;
    const { partialBatchResponses = false } = await fanoutHandlerOptions();
    expect(partialBatchResponses).toBe(
      (functionResponseTypes as string[]).includes("ReportBatchItemFailures"),
    );
  });

  it("runs so many workers that together they keep to the stage's posts a second, which functions/fanout.ts passes on", async () => {
    const { fanout } = settingsFor(name);
    const workers = Number(
      (stage().one("mapping").inputs.scalingConfig as { maximumConcurrency: number }).maximumConcurrency,
    );
    expect(workers * maxPostsPerSecond).toBeLessThanOrEqual(fanout.accountPostsPerSecond);
    expect(await fanoutHandlerOptions()).toMatchObject({ maxPostsPerSecond: LINKED });
  });
};

interface HandlerOptions {
  partialBatchResponses?: boolean;
  maxPostsPerSecond?: number;
}

/** The options that functions/fanout.ts passes to createFanoutHandler when Lambda loads it. */
async function fanoutHandlerOptions(): Promise<HandlerOptions> {
  vi.resetModules();
  const createFanoutHandler = vi.fn<(options: HandlerOptions) => void>();
  vi.doMock("lambda-websocket-pubsub/handlers", () => ({ createFanoutHandler }));
  vi.doMock("../../functions/config.ts", () => ({
    pubsubConfig: () => ({}),
    maxPostsPerSecond: () => LINKED,
  }));
  await import("../../functions/fanout.ts");
  expect(createFanoutHandler).toHaveBeenCalledTimes(1);
  return createFanoutHandler.mock.calls[0]?.[0] ?? {};
}
