import fc from "fast-check";
import { expect, it } from "vitest";
import { isEpoch, nextEpoch } from "../../../packages/pubsub/src/core/log/epoch.ts";

const instant = fc.integer({ min: 0, max: 4_102_444_800_000 });

it("writes the time of an epoch as 9 characters of base 36", () => {
  expect(nextEpoch(1_700_000_000_000, undefined)).toBe("0loyw3v28");
  expect(nextEpoch(0, undefined)).toBe("000000000");
});

it("returns an epoch whose text sorts after the previous epoch, even if the clock went back", () => {
  const property = fc.property(instant, instant, (first, second) => {
    const previous = nextEpoch(first, undefined);
    const next = nextEpoch(second, previous);
    expect(isEpoch(previous) && isEpoch(next)).toBe(true);
    expect(next > previous).toBe(true);
    if (second > first) expect(next).toBe(nextEpoch(second, undefined));
  });
  fc.assert(property);
});

it("adds one to the previous epoch if the clock did not move", () => {
  let epoch = nextEpoch(5, undefined);
  for (let times = 0; times < 100; times++) {
    const next = nextEpoch(5, epoch);
    expect(next > epoch).toBe(true);
    epoch = next;
  }
  expect(Number.parseInt(epoch, 36)).toBe(105);
});

it.each([
  "",
  "0loyw3v2",
  "0loyw3v281",
  "0LOYW3V28",
  "0loyw3v2#",
  " loyw3v28",
  "0loyw3v28\n",
  5,
  null,
  undefined,
])("does not accept %j as an epoch", (value) => {
  expect(isEpoch(value)).toBe(false);
});
