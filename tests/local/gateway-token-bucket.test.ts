import { describe, expect, test } from "vitest";
import { createTokenBucket } from "../../packages/local/src/gateway/token-bucket.ts";

function bucketAt(start: { ratePerSecond: number; burst: number }) {
  let now = 1_000;
  const bucket = createTokenBucket(start, () => now);
  return {
    bucket,
    advance: (ms: number) => {
      now += ms;
    },
    takeAll: () => {
      let taken = 0;
      while (bucket.take()) taken += 1;
      return taken;
    },
  };
}

describe("a token bucket", () => {
  test("starts full, refills at its rate, and holds no more than its burst", () => {
    const { advance, takeAll } = bucketAt({ ratePerSecond: 10, burst: 5 });
    expect(takeAll()).toBe(5);
    advance(99);
    expect(takeAll()).toBe(0);
    advance(101);
    expect(takeAll()).toBe(2);
    advance(60_000);
    expect(takeAll()).toBe(5);
  });

  test("keeps fractions of a token between calls", () => {
    const { advance, bucket } = bucketAt({ ratePerSecond: 1, burst: 1 });
    expect(bucket.take()).toBe(true);
    const taken = Array.from({ length: 64 }, () => {
      advance(31.25);
      return bucket.take();
    });
    expect(taken.filter(Boolean)).toHaveLength(2);
  });

  test("applies a new rate from then on, and a smaller burst at once", () => {
    const { advance, bucket, takeAll } = bucketAt({ ratePerSecond: 10, burst: 5 });
    bucket.configure({ ratePerSecond: 1_000, burst: 2 });
    expect(takeAll()).toBe(2);
    bucket.configure({ ratePerSecond: 1_000, burst: 50 });
    expect(takeAll()).toBe(0);
    advance(10);
    expect(takeAll()).toBe(10);
  });
});
