/** `pubsub verify` against stages of other functions and settings: the check about them fails, and says what it saw. */
import { describe, expect, it } from "vitest";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { asDeployed, failureOf, runPubsub, type Verified, verifyStack } from "../support/verify.ts";

const chained = stackForFile(() => ({
  functions: {
    fanout: functionPath("fanout-parts-of-one"),
    websocket: functionPath("websocket-subscribes-at-connect"),
  },
  websocket: { maximumConcurrency: 10 },
  // Everything that a stage can have set too low
  fanout: { partialBatchResponses: false },
  queue: { visibilityTimeoutSeconds: 60, maxReceiveCount: 2 },
  gateway: { limits: { messageBytes: 65_536, frameBytes: 16_384 } },
}));

const pageChain = stackForFile(() => ({ functions: { fanout: functionPath("fanout-page-chain") } }));

describe("a stage whose fan-out is a chain of pages, with Lambda's detection of recursive loops on", () => {
  it("fails fanout-chain, which counts the consumers that were reached before the chain ended", async () => {
    const verified = await verifyStack(pageChain.stack, "--only", "fanout-chain", "--chain", "20");
    expect(failureOf(verified, "fanout-chain")).toBe("16 of 20 received it, in 16 messages");
    expect(pageChain.stack.stats().queue.recursiveInvocationsDropped).toBeGreaterThan(0);
  });
});

describe("a stage with other settings", () => {
  it("fails partial-batches, queue-visibility and queue-redrive, which name the settings", async () => {
    const verified = await verifyStack(
      chained.stack,
      "--only",
      "partial-batches,queue-visibility,queue-redrive",
    );
    expect(failureOf(verified, "partial-batches")).toBe("response types none; Enabled");
    expect(failureOf(verified, "queue-visibility")).toBe("60 s; the function's timeout is 20 s");
    expect(failureOf(verified, "queue-redrive")).toBe("maxReceiveCount 2");
  });

  it("fails the checks of sizes, which name the answers", async () => {
    const verified = await verifyStack(chained.stack, "--only", "post-131072,frame-32768");
    expect(failureOf(verified, "post-131072")).toMatch(/^413 PayloadTooLargeException/);
    expect(failureOf(verified, "frame-32768")).toBe("closed with 1009");
  });

  it("that detects recursive loops fails recursive-loop, if it is deployed", async () => {
    const { flags, env } = asDeployed(chained.stack);
    const { stdout, code } = await runPubsub(["verify", ...flags, "--only", "recursive-loop", "--json"], env);
    const { verify: verified } = JSON.parse(stdout) as { verify: Verified };
    expect(failureOf({ ...verified, code }, "recursive-loop")).toBe("Terminate");
  });
});

describe("a stage of the user's own handlers", () => {
  it("passes subprotocol, and fanout-chain with 40 messages", async () => {
    const ids = ["subprotocol", "fanout-chain"];
    const { checks } = await verifyStack(chained.stack, "--only", ids.join(","));
    expect(checks.map(({ id, holds }) => [id, holds])).toEqual(ids.map((id) => [id, true]));
  });

  it("passes gone-during-connect by the topic of its $connect handler", async () => {
    const url = `${chained.stack.websocketUrl}/?slow=1`;
    const flags = ["--url", url, "--connect-topic", "everybody", "--only", "gone-during-connect"];
    const { checks } = await verifyStack(chained.stack, ...flags);
    expect(checks).toEqual([expect.objectContaining({ holds: true, saw: expect.stringMatching(/^410 /) })]);
  });
});
