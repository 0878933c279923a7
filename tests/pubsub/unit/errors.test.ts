import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import {
  describeValue,
  isPubsubError,
  PUBSUB_ERROR_CODES,
  PubsubError,
} from "../../../packages/pubsub/src/core/errors.ts";

it("carries code, retryable, cause and context", () => {
  const cause = new Error("below");
  const error = new PubsubError("STORAGE_FAILED", "no table", {
    retryable: true,
    cause,
    context: { topicId: "t" },
  });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: "PubsubError",
    code: "STORAGE_FAILED",
    message: "no table",
    retryable: true,
  });
  expect(error.cause).toBe(cause);
  expect(error.context).toEqual({ topicId: "t" });
});

it("is not retryable and has no cause unless it says so", () => {
  const error = new PubsubError("INVALID_ARGUMENT", "wrong");
  expect(error.retryable).toBe(false);
  expect("cause" in error).toBe(false);
  expect(error.context).toEqual({});
});

it("knows every code of its own, and only those", () => {
  for (const code of PUBSUB_ERROR_CODES) {
    const error = new PubsubError(code, "x");
    expect(isPubsubError(error)).toBe(true);
    expect(isPubsubError(error, code)).toBe(true);
    for (const other of PUBSUB_ERROR_CODES) expect(isPubsubError(error, other)).toBe(other === code);
  }
});

it("recognises the error of another copy of the library", () => {
  const other = Object.assign(new Error("x"), { name: "PubsubError", code: "QUEUE_FAILED", retryable: true });
  expect(isPubsubError(other)).toBe(true);
  expect(isPubsubError(other, "QUEUE_FAILED")).toBe(true);
  expect(isPubsubError(other, "STORAGE_FAILED")).toBe(false);
});

// Another realm's Error is not `instanceof` this one's
it("recognises the error of another realm", () => {
  const source =
    'Object.assign(new Error("x"), { name: "PubsubError", code: "QUEUE_FAILED", retryable: true })';
  expect(isPubsubError(runInNewContext(source))).toBe(true);
});

it.each<[string, unknown]>([
  ["undefined", undefined],
  ["null", null],
  ["a string", "PubsubError"],
  ["any error", new Error("x")],
  ["an error of this name without a code", Object.assign(new Error("x"), { name: "PubsubError" })],
  [
    "an error of this name with a foreign code",
    Object.assign(new Error("x"), { name: "PubsubError", code: "ENOENT" }),
  ],
  ["an error of another name with a code of ours", Object.assign(new Error("x"), { code: "QUEUE_FAILED" })],
  ["what has no message, which is no error", { name: "PubsubError", code: "QUEUE_FAILED" }],
  ["an error whose code is no string", Object.assign(new Error("x"), { name: "PubsubError", code: 1 })],
])("takes %s for none of its own", (_, value) => {
  expect(isPubsubError(value)).toBe(false);
});

it.each<[unknown, string]>([
  [undefined, "undefined"],
  [null, "null"],
  [5, "5 (number)"],
  [10n, "10 (bigint)"],
  [true, "true (boolean)"],
  [Symbol("s"), "Symbol(s) (symbol)"],
  ["a", '"a" (string of 1)'],
  ["x".repeat(100_000), `"${"x".repeat(64)}" (string of 100000)`],
  [[1, 2], "an array of 2"],
  [{ secret: 1 }, "a value of type object"],
  [() => {}, "a value of type function"],
])("describes a value without walking it", (value, description) => {
  expect(describeValue(value)).toBe(description);
});
