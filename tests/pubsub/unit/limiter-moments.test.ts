/** These tests show which posts the limiter measures its rate by, and over how long. */
import { expect, it } from "vitest";
import {
  createLimiter,
  type Limiter,
  type Turn,
} from "../../../packages/pubsub/src/core/delivery/limiter.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { takeTurn, waitForTurn } from "../../support/turns.ts";

interface SetUp {
  clock: ManualClock;
  limiter: Limiter;
  begin(posts: number): void;
  end(posts: number, outcome: PostResult["outcome"]): void;
}

function setUp(): SetUp {
  const clock = createManualClock();
  const limiter = createLimiter(clock);
  const underWay: Turn[] = [];
  let connections = 0;
  return {
    clock,
    limiter,
    begin(posts) {
      for (let post = 0; post < posts; post++) underWay.push(takeTurn(limiter));
    },
    end(posts, outcome) {
      for (let post = 0; post < posts; post++) {
        underWay.shift()?.release({ connectionId: `c${++connections}`, outcome, latencyMs: 10 });
      }
    },
  };
}

/** Returns half of the rate at which posts passed. A limiter learns this rate at first. */
const halfOf = (posts: number, ms: number): number => (posts / ms) * 500;

it("counts posts to gone connections, because they use the account's rate as well", () => {
  const { clock, limiter, begin, end } = setUp();
  begin(64);
  clock.advance(20);
  end(31, "gone");
  end(4, "throttled");
  expect(limiter.perSecond).toBeCloseTo(halfOf(31, 20), 6);
});

it("leaves a pause of 10 s out of the measured rate", () => {
  const { clock, limiter, begin, end } = setUp();
  begin(1);
  clock.advance(10);
  end(1, "delivered");
  clock.advance(10_000);
  begin(40);
  clock.advance(20);
  end(30, "delivered");
  end(4, "throttled");
  expect(limiter.perSecond).toBeCloseTo(halfOf(30, 20), 6);
});

it.each([
  ["one after the other", 0, 10],
  ["that take longer than a pause", 1, 150],
])("learns a rate from posts %s by measuring several of them together", (_, ahead, latencyMs) => {
  const { clock, limiter, begin, end } = setUp();
  begin(ahead);
  for (let post = 0; post < 20 && limiter.perSecond === Number.POSITIVE_INFINITY; post++) {
    begin(1);
    clock.advance(latencyMs);
    end(1, post % 2 === 0 ? "delivered" : "throttled");
  }
  expect(limiter.perSecond).toBeLessThan(Number.POSITIVE_INFINITY);
});

it("keeps its learned rate if 8 posts within 2 ms are throttled", () => {
  const { clock, limiter, begin, end } = setUp();
  begin(60);
  clock.advance(20);
  end(31, "delivered");
  end(4, "throttled");
  const learned = limiter.perSecond;
  clock.advance(2);
  end(8, "throttled");
  expect(limiter.perSecond).toBe(learned);
});

it("gives waiting callers their turns in the order in which they asked", async () => {
  const { clock, limiter, begin, end } = setUp();
  begin(60);
  clock.advance(20);
  end(31, "delivered");
  end(4, "throttled");
  const order: string[] = [];
  const first = waitForTurn(limiter).then(() => order.push("first"));
  clock.advance(100);
  const second = waitForTurn(limiter).then(() => order.push("second"));
  await Promise.all([first, second]);
  expect(order).toEqual(["first", "second"]);
});

it("gives the turn of a cancelled post back to the rate", async () => {
  const { clock, limiter, begin, end } = setUp();
  begin(60);
  clock.advance(20);
  end(31, "delivered");
  end(4, "throttled");
  clock.advance(Math.ceil(1_000 / limiter.perSecond));
  takeTurn(limiter).cancel();
  takeTurn(limiter);
});
