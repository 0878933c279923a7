/** Runs the whole pipeline in memory, under a virtual clock, and injects every kind of fault. */
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
  nothingIsRepeated,
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
  await fc.assert(property, { numRuns: numberOfRuns(150) });
}

const posts = { failed: 0.3, throttled: 0.3, hanging: 0.15, answerLost: 0 };

it("posts every event to every subscriber exactly once when nothing fails", async () => {
  await holds({}, async (outcome) => {
    nothingIsRepeated(outcome);
    expect(outcome.abandoned).toEqual([]);
    expect(outcome.posts.every(({ arrived }) => arrived)).toBe(true);
    await everyStatusAddsUp(outcome);
  });
});

it("posts no event twice when posts fail, messages are duplicated or consumers are broken", async () => {
  await holds({ posts, duplicates: 0.5, broken: 0.3 }, async (outcome) => {
    expect(outcome.killed).toBe(0);
    nobodyIsPostedTwice(outcome);
    await everyStatusAddsUp(outcome);
  });
});

it("reaches every subscriber while others subscribe and leave", async () => {
  await holds({ posts, duplicates: 0.3, churn: true }, async (outcome) => {
    nobodyIsPostedTwice(outcome);
    await everyStatusAddsUp(outcome);
  });
});

it("writes each publication once and in order when calls of publishers fail or their responses are lost", async () => {
  await holds({ publisherErrors: 40, duplicates: 0.3 }, async (outcome) => {
    // A publisher that fans out itself is a worker too: its failed calls can cut its work
    repeatsComeFromCuts(outcome);
    if (outcome.scenario.inlineFanoutMax > 0) return;
    nobodyIsPostedTwice(outcome);
    await everyStatusAddsUp(outcome);
  });
});

it("reaches every subscriber when workers crash, and repeats only interrupted work", async () => {
  await holds({ posts, duplicates: 0.3, broken: 0.2, crashes: 8 }, repeatsComeFromCuts);
});

it("reaches every subscriber when port calls fail half way, and repeats only interrupted work", async () => {
  await holds({ posts, duplicates: 0.3, broken: 0.2, workerErrors: 20 }, repeatsComeFromCuts);
});

it("reaches every subscriber when all faults happen together", async () => {
  const worst = { posts: { ...posts, answerLost: 0.2 }, duplicates: 0.5, broken: 0.3, churn: true };
  await holds({ ...worst, crashes: 8, workerErrors: 20, publisherErrors: 20 }, () => {});
});
