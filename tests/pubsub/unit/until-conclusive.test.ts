import { expect, it } from "vitest";
import { throttled, untilConclusive } from "../../../packages/pubsub/src/aws/sdk/until-conclusive.ts";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { rejectionOf } from "../../support/samples.ts";

const failure = new PubsubError("STORAGE_FAILED", "throttled", { retryable: true });
const limits = { maxTries: 6, maxMs: 10_000 };

it("returns the first conclusive outcome after random pauses out of a window that doubles", async () => {
  const randoms = [0.5, 0.25, 1];
  const clock = createManualClock({ random: () => randoms.shift() ?? 0 });
  const outcomes = [throttled(failure), throttled(failure), throttled(failure), "done"];
  expect(await untilConclusive(clock, limits, async () => outcomes.shift())).toBe("done");
  expect(clock.slept).toEqual([50, 50, 400]);
});

it("throws the failure after the last try, without a pause after it", async () => {
  const clock = createManualClock();
  let tries = 0;
  const attempt = async () => {
    tries += 1;
    return throttled(failure);
  };
  expect(await rejectionOf(untilConclusive(clock, limits, attempt))).toBe(failure);
  expect([tries, clock.slept.length]).toEqual([6, 5]);
});

it("begins no further try when the time has passed, calls included", async () => {
  const clock = createManualClock();
  let tries = 0;
  const attempt = async () => {
    tries += 1;
    clock.advance(6_000);
    return throttled(failure);
  };
  expect(await rejectionOf(untilConclusive(clock, limits, attempt))).toBe(failure);
  expect(tries).toBe(2);
});

it("throws what an attempt throws at once", async () => {
  const clock = createManualClock();
  const other = new Error("final");
  expect(await rejectionOf(untilConclusive(clock, limits, () => Promise.reject(other)))).toBe(other);
  expect(clock.slept).toEqual([]);
});
