import { describe, expect, it } from "vitest";
import { createMemorySubscriptions } from "../../../packages/pubsub/src/testing/subscriptions.ts";
import { type RaceOptions, type RaceOutcome, race } from "./revocation-race-support.ts";

const RUNS = 1_000;

const inMemory = (seed: number, change: RaceOptions["change"] = () => ({})): Promise<RaceOutcome> =>
  race({ seed, createSubscriptions: createMemorySubscriptions, pause: () => Promise.resolve(), change });

async function runs(count: number, change?: RaceOptions["change"]): Promise<RaceOutcome[]> {
  const outcomes: RaceOutcome[] = [];
  for (let seed = 0; seed < count; seed++) outcomes.push(await inMemory(seed, change));
  return outcomes;
}

describe("revoking while SUBSCRIBEs are at work", () => {
  // A SUBSCRIBE that was decided before used to write its row after the removal, and kept receiving for two hours
  it(`lets no event through in ${RUNS} random orders with clocks that are 30 s apart, and lets the user in again when allowed`, async () => {
    const outcomes = await runs(RUNS);
    for (const { story, receivedLater, again, bystander, letInAgain } of outcomes) {
      expect(receivedLater, story).toEqual([]);
      const refused = { type: "ERROR", code: expect.stringMatching(/^(FORBIDDEN|AUTHORIZE_FAILED)$/) };
      expect(again, story).toMatchObject([refused, refused, refused]);
      expect(bystander, story).toBe(2);
      const confirmed = { type: "SUBSCRIBED" };
      expect(letInAgain, story).toMatchObject({
        answers: [confirmed, confirmed, confirmed],
        received: 3,
      });
    }
    // The runs are about the race only if both sides of it won often
    const undone = outcomes.filter((outcome) => outcome.undone > 0).length;
    const removed = outcomes.filter((outcome) => outcome.removed > 0).length;
    console.log(`${RUNS} races: ${undone} with a SUBSCRIBE undone, ${removed} with a subscription removed`);
    expect(undone).toBeGreaterThan(RUNS / 10);
    expect(removed).toBeGreaterThan(RUNS / 10);
  }, 120_000);

  it.each<[string, NonNullable<RaceOptions["change"]>]>([
    [
      "the check after the write",
      (rows) => ({
        standing: async (request) => {
          const { revokedAtMs: _, ...standing } = await rows.standing(request);
          return standing;
        },
        userRevokedAt: async () => undefined,
      }),
    ],
    [
      "a tolerance for clocks that differ",
      (rows) => {
        const earlier = (atMs: number | undefined) => atMs && atMs - 25_000;
        return {
          userRevokedAt: async (request) => earlier(await rows.userRevokedAt(request)),
          standing: async (request) => {
            const { revokedAtMs, ...standing } = await rows.standing(request);
            return { ...standing, ...(revokedAtMs && { revokedAtMs: earlier(revokedAtMs) as number }) };
          },
        };
      },
    ],
    // The index lags: a search there would not have these connections either
    ["the user's list of connections", () => ({ async *connectionsOf() {} })],
    ["the marks for messages in the queue", () => ({ removedFrom: async () => new Map() })],
  ])("lets events through without %s: each is needed", async (_, change) => {
    const outcomes = await runs(200, change);
    expect(outcomes.filter(({ receivedLater }) => receivedLater.length > 0)).not.toEqual([]);
  });
});
