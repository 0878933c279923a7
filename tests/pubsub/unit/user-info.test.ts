import { expect, it } from "vitest";
import { encodeInfo, isInfoText } from "../../../packages/pubsub/src/core/user-info.ts";

it.each([
  [{ name: "Ada" }, '{"name":"Ada"}'],
  [null, "null"],
  [0, "0"],
  ["", '""'],
  ["x".repeat(1_022), `"${"x".repeat(1_022)}"`],
])("encodes %j as JSON text, which a row may have", (value, text) => {
  expect(encodeInfo(value)).toEqual({ text });
  expect(isInfoText(text)).toBe(true);
});

const circular: Record<string, unknown> = {};
circular.self = circular;

it.each([
  ["undefined", undefined, "info must be a JSON value; got undefined"],
  ["a function", () => 1, "info must be a JSON value; got a value of type function"],
  ["a bigint", 5n, "info must be a JSON value; got 5 (bigint)"],
  ["a circular object", circular, "info must be a JSON value; got a value of type object"],
  ["1,025 bytes", "x".repeat(1_023), "info must be at most 1024 bytes as JSON text; got 1025"],
  ["1,025 bytes in fewer characters", "ü".repeat(511).concat("x"), "info must be at most 1024 bytes"],
  [
    "an object whose toJSON throws",
    {
      toJSON() {
        throw new Error("no");
      },
    },
    "info must be a JSON value; got a value of type object",
  ],
])("returns the problem with %s, and does not throw", (_, value, problem) => {
  expect(encodeInfo(value)).toEqual({ problem: expect.stringContaining(problem) });
});

it.each([[undefined], ["{"], [JSON.stringify("x".repeat(1_023))]])(
  "does not take %j for a row's info",
  (text) => {
    expect(isInfoText(text)).toBe(false);
  },
);
