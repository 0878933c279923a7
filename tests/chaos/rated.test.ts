import { expect, it } from "vitest";
import { rawDuplicates } from "./run/stack-report.ts";

const raw = (duplicated: number): Parameters<typeof rawDuplicates>[0] => {
  return { deliveries: 1_000, lost: 0, duplicated };
};

it.each([
  ["accepts 10 repeats of 1,000 in a minute", 10, 60, 0],
  ["rejects 11 repeats of 1,000 in a minute", 11, 60, 1],
  ["accepts 42 explained repeats of 1,000 in 20 seconds", 42, 20, 0],
])("%s", (_, duplicated, seconds, violations) => {
  expect(rawDuplicates(raw(duplicated), seconds)).toHaveLength(violations);
});
