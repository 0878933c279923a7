import { expect, it } from "vitest";
import { createDynamodbSubscriptions } from "../../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import { sharedTestTable } from "../../support/shared-table.ts";
import { race } from "../unit/revocation-race-support.ts";

const table = sharedTestTable();
const RUNS = 20;

const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it(`lets no event through in ${RUNS} random orders of a revocation and SUBSCRIBEs on DynamoDB`, async () => {
  const connected = await table();
  let [undone, removed] = [0, 0];
  for (let seed = 0; seed < RUNS; seed++) {
    const outcome = await race({
      seed,
      createSubscriptions: (clock) => createDynamodbSubscriptions(connected, clock),
      pause: turnOfTheLoop,
    });
    expect(outcome.receivedLater, outcome.story).toEqual([]);
    expect(outcome.bystander, outcome.story).toBe(2);
    expect(outcome.letInAgain.received, outcome.story).toBe(3);
    undone += outcome.undone;
    removed += outcome.removed;
  }
  console.log(`${RUNS} races: ${undone} SUBSCRIBEs undone, ${removed} subscriptions removed`);
  expect(undone).toBeGreaterThan(0);
  expect(removed).toBeGreaterThan(0);
});
