import { expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import { batchFailed } from "../../../packages/pubsub/src/handlers/batch-failed.ts";

const reasonsIn = ({ message }: Error): string | undefined => /failed \((.*?)\)\. Lambda/.exec(message)?.[1];
const failuresOf = (...errors: unknown[]): { id: string; error: unknown }[] =>
  errors.map((error, index) => ({ id: `m${index}`, error }));

it("should count messages that failed for the same reason together", () => {
  const throttled = () => new PubsubError("STORAGE_FAILED", "throttled", { retryable: true });
  const error = batchFailed(failuresOf(throttled(), new Error("reset"), throttled()), 10);
  expect(error.message).toMatch(/^3 of 10 messages failed /);
  expect(reasonsIn(error)).toBe("2 × STORAGE_FAILED: throttled; 1 × reset");
});

it("should list three reasons and count the rest", () => {
  const errors = ["a", "b", "c", "d", "e"].map((reason) => new Error(reason));
  expect(reasonsIn(batchFailed(failuresOf(...errors), 5))).toBe("1 × a; 1 × b; 1 × c; 2 more reasons");
});

it.each<[string, unknown, string]>([
  [
    "a PubsubError",
    new PubsubError("INVALID_DATA", 'must be JSON; got "secret"'),
    "INVALID_DATA: must be JSON",
  ],
  ["a SyntaxError", new SyntaxError('Unexpected token "secret"'), "SyntaxError"],
  ["a string", "secret", "unknown error"],
])("should leave the value out of the reason when the cause is %s", (_, cause, reason) => {
  const error = batchFailed(failuresOf(cause), 1);
  expect(reasonsIn(error)).toBe(`1 × ${reason}`);
  expect(error.message).not.toContain("secret");
  expect(error.cause).toBe(cause);
});
