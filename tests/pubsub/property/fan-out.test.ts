/** The whole pipeline in memory, under a virtual clock, with everything going wrong that may. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { numberOfRuns } from "../../support/number-of-runs.ts";
import { type Faults, scenarios } from "../../support/simulation/scenario.ts";
import { type Outcome, simulate } from "../../support/simulation/simulate.ts";
import {
  everyStatusAddsUp,
  everyStatusIsComplete,
  everySubscriberIsReached,
  idempotentPublicationsAreOneEvent,
  nobodyIsPostedTwice,
  offsetsAreContiguous,
  positionsFollowTime,
  repeatsComeFromCuts,
} from "./invariants.ts";

async function holds(
  worst: Partial<Faults>,
  check: (outcome: Outcome) => Promise<void> | void,
): Promise<void> {
  const property = fc.asyncProperty(scenarios(worst), async (scenario) => {
    const outcome = await simulate(scenario);
    offsetsAreContiguous(outcome);
    idempotentPublicationsAreOneEvent(outcome);
    positionsFollowTime(outcome);
    everySubscriberIsReached(outcome);
    expect(outcome.deadLetters.filter(({ reason }) => reason.code === "INVALID_MESSAGE")).toEqual([]);
    await everyStatusIsComplete(outcome);
    await check(outcome);
  });
  await fc.assert(property, { numRuns: numberOfRuns(300) });
}

const posts = { failed: 0.3, throttled: 0.3, hanging: 0.15, answerLost: 0 };

it("posts everybody everything exactly once when nothing goes wrong", async () => {
  await holds({}, async (outcome) => {
    nobodyIsPostedTwice(outcome);
    expect(outcome.abandoned).toEqual([]);
    expect(outcome.posts.every(({ arrived }) => arrived)).toBe(true);
    await everyStatusAddsUp(outcome);
  });
});

it("repeats nothing for failed posts, messages that come twice, and broken consumers", async () => {
  await holds({ posts, duplicates: 0.5, broken: 0.3 }, async (outcome) => {
    expect(outcome.killed).toBe(0);
    nobodyIsPostedTwice(outcome);
    await everyStatusAddsUp(outcome);
  });
});

it("holds while subscribers come and go", async () => {
  await holds({ posts, duplicates: 0.3, churn: true }, async (outcome) => {
    nobodyIsPostedTwice(outcome);
    await everyStatusAddsUp(outcome);
  });
});

it("publishes once, in order, whatever publishers are refused or not told", async () => {
  await holds({ publisherErrors: 40, duplicates: 0.3 }, async (outcome) => {
    nobodyIsPostedTwice(outcome);
    await everyStatusAddsUp(outcome);
  });
});

it("loses nobody to crashes, and repeats only what was cut", async () => {
  await holds({ posts, duplicates: 0.3, broken: 0.2, crashes: 8 }, repeatsComeFromCuts);
});

it("loses nobody to ports that fail half way, and repeats only what was cut", async () => {
  await holds({ posts, duplicates: 0.3, broken: 0.2, workerErrors: 20 }, repeatsComeFromCuts);
});

it("loses nobody to everything at once", async () => {
  const worst = { posts: { ...posts, answerLost: 0.2 }, duplicates: 0.5, broken: 0.3, churn: true };
  await holds({ ...worst, crashes: 8, workerErrors: 20, publisherErrors: 20 }, () => {});
});
