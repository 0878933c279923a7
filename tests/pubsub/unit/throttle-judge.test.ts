import { describe, expect, it } from "vitest";
import {
  createThrottleJudge,
  type ThrottleJudge,
  type ThrottleScope,
} from "../../../packages/pubsub/src/core/delivery/throttle-judge.ts";
import { createRandom } from "../../../packages/pubsub/src/testing/virtual-clock.ts";

let others = 0;

/** Makes `posts` posts, each to a new connection, and throttles this share of them at random. */
function background(judge: ThrottleJudge, share: number, posts = 1_000): void {
  const random = createRandom(7);
  for (let post = 0; post < posts; post++) {
    const connectionId = `other ${++others}`;
    if (random() < share) judge.refused(connectionId, 0);
    else judge.passed(connectionId);
  }
}

/** Returns what the judge says of a connection's consecutive 429s, with an accepted post to another one between them. */
const scopesOf = (judge: ThrottleJudge, connectionId: string, timesMs: readonly number[]): ThrottleScope[] =>
  timesMs.map((nowMs) => {
    judge.passed(`other ${++others}`);
    return judge.refused(connectionId, nowMs);
  });

/** Returns how many consecutive 429s it takes until the judge blames a connection for them. */
function refusalsUntilBlamed(judge: ThrottleJudge, share: number): number {
  for (let refusals = 1; refusals < 100; refusals++) {
    background(judge, share, 100);
    if (judge.refused("one", 1_000) === "consumer") return refusals;
  }
  return Number.POSITIVE_INFINITY;
}

describe("throttle judge", () => {
  it.each([
    [0, 2, 2],
    [0.05, 2, 3],
    [0.5, 3, 15],
    [0.8, 8, 90],
  ])(
    "blames a connection, at a throttled share of %d, after %d to %d consecutive 429s",
    (share, least, most) => {
      const judge = createThrottleJudge();
      background(judge, share);
      const refusals = refusalsUntilBlamed(judge, share);
      expect(refusals).toBeGreaterThanOrEqual(least);
      expect(refusals).toBeLessThanOrEqual(most);
    },
  );

  it("blames no connection while the account throttles every post", () => {
    const judge = createThrottleJudge();
    background(judge, 1);
    expect(refusalsUntilBlamed(judge, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  it("blames no connection while no post to another one is accepted, however often it is throttled", () => {
    const judge = createThrottleJudge();
    background(judge, 0);
    const scopes = Array.from({ length: 100 }, (_, refusals) => judge.refused("only", refusals));
    expect(new Set(scopes)).toEqual(new Set(["account"]));
    expect(judge.refused("only", 1_999)).toBe("account");
    expect(judge.refused("only", 2_000)).toBe("unknown");
    judge.passed("another");
    expect(judge.refused("only", 2_001)).toBe("consumer");
  });

  it("does not blame a connection for its second 429 when only one other post has ever been accepted", () => {
    const judge = createThrottleJudge();
    expect(judge.refused("a", 0)).toBe("account");
    judge.passed("b");
    expect(judge.refused("a", 1)).toBe("account");
  });

  it("blames the one of two connections that is throttled every time, after 429s of at most ten posts", () => {
    const judge = createThrottleJudge();
    const scopes = scopesOf(judge, "slow", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(scopes.at(0)).toBe("account");
    expect(scopes.at(-1)).toBe("consumer");
  });

  it("forgets consecutive 429s after a post passes, or after a minute", () => {
    const judge = createThrottleJudge();
    background(judge, 0);
    expect(scopesOf(judge, "a", [0, 1])).toEqual(["account", "consumer"]);
    judge.passed("a");
    expect(scopesOf(judge, "a", [2, 3, 60_003])).toEqual(["account", "consumer", "account"]);
  });

  it("does not count a blamed connection's 429s in the account's throttled share", () => {
    const judge = createThrottleJudge();
    background(judge, 0);
    for (let refusals = 0; refusals < 1_000; refusals++) judge.refused("slow", 0);
    expect(scopesOf(judge, "also slow", [0, 0])).toEqual(["account", "consumer"]);
  });

  it("remembers at most 10,000 connections and forgets the one with the oldest 429", () => {
    const judge = createThrottleJudge();
    background(judge, 0);
    for (let index = 0; index < 10_001; index++) judge.refused(`c${index}`, 0);
    background(judge, 0);
    expect(judge.refused("c10000", 1)).toBe("consumer");
    expect(judge.refused("c1", 1)).toBe("consumer");
    // c0 takes the place of c2, whose last 429 is now the oldest
    expect(judge.refused("c0", 1)).toBe("account");
    expect(judge.refused("c1", 1)).toBe("consumer");
    expect(judge.refused("c2", 1)).toBe("account");
  });
});
