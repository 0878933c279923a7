import { expect, it } from "vitest";
import { countReordered, createTally } from "./tally.ts";

const tallyOf = (...sequences: number[]): ReturnType<typeof createTally> => {
  const tally = createTally();
  for (const sequence of sequences) tally.received([{ sequence }]);
  return tally;
};

it("counts what came in another order than in the frames that others shared", () => {
  const together = [[0, 1, 2], [3], [4, 5]];
  expect(countReordered(tallyOf(0, 1, 2, 3, 4, 5), together)).toBe(0);
  // Another batch overtaking is not of the frame's making
  expect(countReordered(tallyOf(4, 0, 5, 1, 3, 2), together)).toBe(0);
  expect(countReordered(tallyOf(1, 0, 2, 3, 5, 4), together)).toBe(2);
  // Lost ones are counted elsewhere
  expect(countReordered(tallyOf(0, 2, 5), together)).toBe(0);
});
