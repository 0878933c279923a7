import { describe, expect, it } from "vitest";
import {
  createThrottleJudge,
  type ThrottleJudge,
} from "../../../packages/pubsub/src/core/delivery/throttle-judge.ts";
import { createRandom } from "../../support/virtual-clock.ts";

let others = 0;

/** Makes `posts` posts, each to a new connection, and throttles this share of them at random. */
function background(judge: ThrottleJudge, share: number, posts = 1_000): void {
  const random = createRandom(7);
  for (let post = 0; post < posts; post++) {
    const connectionId = `other ${++others}`;
    if (random() < share) judge.throttled(connectionId, 0);
    else judge.passed(connectionId);
  }
}

/** Returns how many consecutive 429s it takes until the judge blames a connection for them. */
function refusalsUntilBlamed(judge: ThrottleJudge, share: number): number {
  for (let refusals = 1; refusals < 100; refusals++) {
    background(judge, share, 100);
    if (judge.throttled("one", 1_000) === "consumer") return refusals;
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

  it("forgets consecutive 429s after a post passes, or after a minute", () => {
    const judge = createThrottleJudge();
    background(judge, 0);
    expect([judge.throttled("a", 0), judge.throttled("a", 1)]).toEqual(["account", "consumer"]);
    judge.passed("a");
    expect(judge.throttled("a", 2)).toBe("account");
    expect(judge.throttled("a", 3)).toBe("consumer");
    expect(judge.throttled("a", 60_003)).toBe("account");
  });

  it("does not count a blamed connection's 429s in the account's throttled share", () => {
    const judge = createThrottleJudge();
    background(judge, 0);
    for (let refusals = 0; refusals < 1_000; refusals++) judge.throttled("slow", 0);
    expect([judge.throttled("also slow", 0), judge.throttled("also slow", 0)]).toEqual([
      "account",
      "consumer",
    ]);
  });

  it("remembers at most 10,000 connections and forgets the one with the oldest 429", () => {
    const judge = createThrottleJudge();
    background(judge, 0);
    for (let index = 0; index < 10_001; index++) {
      judge.throttled(`c${index}`, 0);
      judge.throttled(`c${index}`, 0);
    }
    background(judge, 0);
    expect(judge.throttled("c10000", 1)).toBe("consumer");
    expect(judge.throttled("c1", 1)).toBe("consumer");
    // c0 takes the place of c2, whose last 429 is now the oldest
    expect(judge.throttled("c0", 1)).toBe("account");
    expect(judge.throttled("c1", 1)).toBe("consumer");
    expect(judge.throttled("c2", 1)).toBe("account");
  });
});
