import { expect, it } from "vitest";
import { createLimiter, type Limiter } from "../../packages/pubsub/src/connections/limiter.ts";

/** Posts one at a time, of which some are throttled. */
function post(limiter: Limiter, posts: number, isThrottled: (post: number) => boolean = () => false): void {
  for (let n = 0; n < posts; n++) {
    expect(limiter.acquire()).toBeUndefined();
    limiter.release(isThrottled(n));
  }
}

it("lets as many through as its limit, at once, and the rest in turn", async () => {
  const limiter = createLimiter({ initial: 2 });
  expect(limiter.acquire()).toBeUndefined();
  expect(limiter.acquire()).toBeUndefined();
  const order: string[] = [];
  const third = limiter.acquire()?.then(() => order.push("third"));
  const fourth = limiter.acquire()?.then(() => order.push("fourth"));
  expect(third).toBeInstanceOf(Promise);
  limiter.release(false);
  await third;
  expect(order).toEqual(["third"]);
  limiter.release(false);
  await fourth;
  expect(order).toEqual(["third", "fourth"]);
});

it("grows while nothing is throttled, up to its maximum", () => {
  const limiter = createLimiter({ initial: 64, max: 100 });
  post(limiter, 32);
  expect(limiter.limit).toBe(80);
  post(limiter, 32);
  expect(limiter.limit).toBe(100);
  post(limiter, 64);
  expect(limiter.limit).toBe(100);
});

it("shrinks fast when the account's rate is hit, down to its minimum", () => {
  const limiter = createLimiter({ initial: 100, min: 30 });
  post(limiter, 32, () => true);
  expect(limiter.limit).toBe(60);
  post(limiter, 32, (n) => n % 4 === 0);
  expect(limiter.limit).toBe(36);
  post(limiter, 64, () => true);
  expect(limiter.limit).toBe(30);
});

it("is not impressed by one consumer that does not read", () => {
  const limiter = createLimiter({ initial: 64 });
  for (let window = 0; window < 10; window++) post(limiter, 32, (n) => n === 5);
  expect(limiter.limit).toBe(64);
});

it("grows step by step where it was throttled before", () => {
  const limiter = createLimiter({ initial: 100 });
  post(limiter, 32, () => true);
  post(limiter, 32);
  expect(limiter.limit).toBe(61);
  post(limiter, 32);
  expect(limiter.limit).toBe(62);
});

it("wakes as many as fit when its limit grows, and none while it is over a limit that shrank", async () => {
  const limiter = createLimiter({ initial: 32, min: 4, max: 256 });
  const waits = Array.from({ length: 80 }, () => limiter.acquire());
  let woken = 0;
  for (const wait of waits) void wait?.then(() => (woken += 1));
  for (let n = 0; n < 32; n++) limiter.release(false);
  await Promise.resolve();
  expect(limiter.limit).toBe(40);
  expect(woken).toBe(40);
  for (let n = 0; n < 32; n++) limiter.release(true);
  await Promise.resolve();
  expect(limiter.limit).toBe(24);
  // 31 were let through one by one before the window ended; then 40 are under way and the limit is 24
  const before = woken;
  limiter.release(false);
  await Promise.resolve();
  expect(woken).toBe(before);
});
