import { expect, it } from "vitest";
import { createLimiter, type Limiter } from "../../../packages/pubsub/src/core/delivery/limiter.ts";
import { createLimiters } from "../../../packages/pubsub/src/core/delivery/limiters.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { consumerOf } from "../../support/samples.ts";

it("creates one limiter for all consumers of a domain, and a separate one for each other domain", () => {
  const created: Limiter[] = [];
  const limiterOf = createLimiters(() => {
    const limiter = createLimiter(createManualClock());
    created.push(limiter);
    return limiter;
  });
  const other = { ...consumerOf("a"), domainName: "other.example.com" };
  const limiters = [consumerOf("a"), consumerOf("b"), other, consumerOf("a")].map(limiterOf);
  expect(created).toHaveLength(2);
  expect(limiters.map((limiter) => created.indexOf(limiter))).toEqual([0, 0, 1, 0]);
});
