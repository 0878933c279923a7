import { expect, it } from "vitest";
import { emptyRounds, summarizeRounds } from "./summary.ts";

it("returns the median and spread of the quantiles of each round", () => {
  const upTo = (most: number) => Array.from({ length: most + 1 }, (_, index) => most - index);
  const rounds = { ...emptyRounds(), queue: [upTo(100), upTo(300), upTo(200)] };
  expect(summarizeRounds(rounds).queue).toEqual({
    p50Ms: 100,
    p95Ms: 190,
    p99Ms: 198,
    spread: {
      p50Ms: { median: 100, min: 50, max: 150 },
      p95Ms: { median: 190, min: 95, max: 285 },
      p99Ms: { median: 198, min: 99, max: 297 },
    },
  });
});
