/** `pubsub verify` against a stack that delivers badly: the check about it fails, and says what it saw. */
import { expect, it } from "vitest";
import { stackForFile } from "../support/local-stack.ts";
import { failureOf, verifyStack } from "../support/verify.ts";

// A buffer that no slow reader fills
const local = stackForFile(() => ({ gateway: { limits: { connectionBufferBytes: 1e9 } } }));

it("a table whose index lags fails index-lag, which names the lag", async () => {
  const remove = local.stack.faults.dynamodb({ indexLagMs: 5_000 });
  const verified = await verifyStack(local.stack, "--only", "index-lag", "--index-rows", "5");
  remove();
  expect(failureOf(verified, "index-lag")).toMatch(/p99 \d{4,} ms/);
});

it("a gateway that buffers without end fails slow-reader, which counts the posts", async () => {
  const verified = await verifyStack(local.stack, "--only", "slow-reader");
  expect(failureOf(verified, "slow-reader")).toBe("200 for all of 400 posts of 128 KB");
});

it("a fan-out that may not post fails delivery, which names the missing permission", async () => {
  const remove = local.stack.faults.post({
    match: ({ caller }) => caller.startsWith("fanout/"),
    answer: { status: 403, errorType: "ForbiddenException" },
  });
  const verified = await verifyStack(local.stack, "--only", "delivery");
  remove();
  expect(failureOf(verified, "delivery")).toContain("403 is a missing execute-api:ManageConnections");
});
