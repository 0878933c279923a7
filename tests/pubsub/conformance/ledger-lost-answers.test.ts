/**
 * A claim whose answer was lost was made again by the client, met itself, and passed for another worker's: the page
 * waited for the queue's visibility timeout, minutes, until the lease of nobody had run out.
 */
import { randomUUID } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { createDynamodbLedger } from "../../../packages/pubsub/src/aws/dynamodb/ledger.ts";
import type { ClaimOutcome } from "../../../packages/pubsub/src/core/ports.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { DAY_SECONDS } from "../../support/samples.ts";
import { createTestTable } from "../../support/table.ts";

const LEASE_MS = 30_000;

/** Every write is made twice, and the second one's answer is what comes back. */
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
      end: "consumer#d/s/id=",
    });
  return { clock, claim };
}

it("recognises its own claim", async () => {
  const { clock, claim } = await setUp();
  const untilMs = clock.now() + LEASE_MS;
  expect(await claim()).toEqual({ outcome: "claimed" });
  expect(await claim()).toEqual({ outcome: "leased", untilMs });
});

it("recognises its own taking over", async () => {
  const { clock, claim } = await setUp();
  await claim();
  clock.advance(LEASE_MS);
  const untilMs = clock.now() + LEASE_MS;
  expect(await claim()).toEqual({ outcome: "taken-over", end: "consumer#d/s/id=" });
  expect(await claim()).toEqual({ outcome: "leased", untilMs });
});
