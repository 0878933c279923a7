/**
 * A regression: the response to a claim was lost, so the client made the claim again. The second claim found the first
 * one and took it for another worker's. The page then waited minutes, the queue's visibility timeout, although no
 * worker held the lease.
 */
import { randomUUID } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { createDynamodbLedger } from "../../../packages/pubsub/src/aws/dynamodb/ledger.ts";
import type { ClaimOutcome } from "../../../packages/pubsub/src/core/ports.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { DAY_SECONDS } from "../../support/samples.ts";
import { createTestTable } from "../../support/table.ts";

const LEASE_MS = 30_000;

/** Makes every write twice and returns the second response. */
async function setUp(): Promise<{ clock: ManualClock; claim(): Promise<ClaimOutcome> }> {
  const table = await createTestTable();
  onTestFinished(() => table.client.destroy());
  table.client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        if (/^(Put|Update)Item/.test(commandName)) await next(args).catch(() => {});
        return next(args);
      },
    { step: "initialize", name: "loseAnswers" },
  );
  const clock = createManualClock();
  const ledger = createDynamodbLedger(table, { clock, retentionSeconds: DAY_SECONDS });
  const publication = { topicId: randomUUID(), epoch: "0m1c2d3e4", offset: 1 };
  const claim = (): Promise<ClaimOutcome> =>
    ledger.claim({
      publication,
      unit: "000001",
      nowMs: clock.now(),
      leaseUntilMs: clock.now() + LEASE_MS,
    });
  return { clock, claim };
}

it("recognises its own claim if the response was lost", async () => {
  const { clock, claim } = await setUp();
  const untilMs = clock.now() + LEASE_MS;
  expect(await claim()).toEqual({ outcome: "claimed" });
  expect(await claim()).toEqual({ outcome: "leased", untilMs });
});

it("recognises its own takeover if the response was lost", async () => {
  const { clock, claim } = await setUp();
  await claim();
  clock.advance(LEASE_MS);
  const untilMs = clock.now() + LEASE_MS;
  expect(await claim()).toEqual({ outcome: "taken-over" });
  expect(await claim()).toEqual({ outcome: "leased", untilMs });
});
