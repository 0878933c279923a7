import { expect, it } from "vitest";
import { countReordered, createTally } from "./tally.ts";

const tallySequences = (...sequences: number[]): ReturnType<typeof createTally> => {
  const tally = createTally();
  for (const sequence of sequences) tally.received([{ sequence }]);
  return tally;
};

it("countReordered counts the events that arrived in another order than in the shared frames", () => {
  const together = [[0, 1, 2], [3], [4, 5]];
  expect(countReordered(tallySequences(0, 1, 2, 3, 4, 5), together)).toBe(0);
  // A batch that overtakes another one does not reorder the events within a frame
  expect(countReordered(tallySequences(4, 0, 5, 1, 3, 2), together)).toBe(0);
  expect(countReordered(tallySequences(1, 0, 2, 3, 5, 4), together)).toBe(2);
  // Lost events are counted separately
  expect(countReordered(tallySequences(0, 2, 5), together)).toBe(0);
});
