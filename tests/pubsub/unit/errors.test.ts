import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import {
  describeValue,
  isPubsubError,
  PUBSUB_ERROR_CODES,
  PubsubError,
} from "../../../packages/pubsub/src/core/errors.ts";

it("keeps the code, retryable, cause and context that it is created with", () => {
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

it("is not retryable and has no cause by default", () => {
  const error = new PubsubError("INVALID_ARGUMENT", "wrong");
  expect(error.retryable).toBe(false);
  expect("cause" in error).toBe(false);
  expect(error.context).toEqual({});
});

it("recognises a PubsubError by its own code, and by no other code", () => {
  for (const code of PUBSUB_ERROR_CODES) {
    const error = new PubsubError(code, "x");
    expect(isPubsubError(error)).toBe(true);
    expect(isPubsubError(error, code)).toBe(true);
    for (const other of PUBSUB_ERROR_CODES) expect(isPubsubError(error, other)).toBe(other === code);
  }
});

it("recognises an error from another copy of the library", () => {
  const other = Object.assign(new Error("x"), { name: "PubsubError", code: "QUEUE_FAILED", retryable: true });
  expect(isPubsubError(other)).toBe(true);
  expect(isPubsubError(other, "QUEUE_FAILED")).toBe(true);
  expect(isPubsubError(other, "STORAGE_FAILED")).toBe(false);
});

// An Error from another realm is not an `instanceof` this realm's Error
it("recognises an error from another realm", () => {
  const source =
    'Object.assign(new Error("x"), { name: "PubsubError", code: "QUEUE_FAILED", retryable: true })';
  expect(isPubsubError(runInNewContext(source))).toBe(true);
});

it.each<[string, unknown]>([
  ["undefined", undefined],
  ["null", null],
  ["a string", "PubsubError"],
  ["an error of another kind", new Error("x")],
  ["an error with this name and no code", Object.assign(new Error("x"), { name: "PubsubError" })],
  [
    "an error with this name and an unknown code",
    Object.assign(new Error("x"), { name: "PubsubError", code: "ENOENT" }),
  ],
  [
    "an error with another name and a code of this library",
    Object.assign(new Error("x"), { code: "QUEUE_FAILED" }),
  ],
  ["an object without a message", { name: "PubsubError", code: "QUEUE_FAILED" }],
  ["an error whose code is not a string", Object.assign(new Error("x"), { name: "PubsubError", code: 1 })],
])("does not recognise %s as a PubsubError", (_, value) => {
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
])("describes %o as %s, without reading what is inside the value", (value, description) => {
  expect(describeValue(value)).toBe(description);
});
