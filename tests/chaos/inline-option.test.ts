import { expect, it } from "vitest";
import { runName } from "./kept-runs.ts";
import { parseOptions, UsageError } from "./options.ts";

const inlineOf = (...args: string[]): unknown => {
  const options = parseOptions(args);
  return typeof options === "object" && "inlineFanoutMax" in options ? options.inlineFanoutMax : undefined;
};

it("runs with the number of --inline-fanout-max, and with 0 by default", () => {
  expect(inlineOf("--suite", "everything", "--inline-fanout-max", "25")).toBe(25);
  expect(inlineOf()).toBe(0);
});

it.each([
  [["--inline-fanout-max", "101"], '--inline-fanout-max must be a whole number from 0 to 100; got "101"'],
  [["--inline-fanout-max", "-1"], "--inline-fanout-max"],
  [["--inline-fanout-max", "many"], '--inline-fanout-max must be a whole number from 0 to 100; got "many"'],
  [["--suite", "client", "--inline-fanout-max", "25"], "--inline-fanout-max must be 0 for the suite client"],
  [["--inline-fan-out-max", "25"], "--inline-fan-out-max"],
])("refuses %j", (args, message) => {
  expect(() => parseOptions(args)).toThrow(UsageError);
  expect(() => parseOptions(args)).toThrow(message);
});

it("keeps the results of runs with and without the inline fan-out apart", () => {
  const run = { suite: "everything", seed: 7 };
  expect(runName(run)).toBe("everything-7");
  expect(runName({ ...run, inlineFanoutMax: 25 })).toBe("everything-7-inline-25");
  expect(runName({ ...run, inlineFanoutMax: 25, breakage: "x" })).toBe("everything-7-inline-25-x");
});
