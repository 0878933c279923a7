import { Logger } from "@aws-lambda-powertools/logger";
import { expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import { logObserver } from "../../../packages/pubsub/src/observe/log-observer.ts";

function loggedFor(error: unknown): Record<string, { message?: string; name?: string }> {
  const lines: unknown[] = [];
  const logger = new Logger({ logLevel: "DEBUG" });
  logger.error = (_message, ...fields) => void lines.push(...fields);
  logObserver(logger)({ event: "background-failure", stage: "authorize", error });
  return lines[0] as Record<string, { message?: string; name?: string }>;
}

// A failure that was not an Error used to be logged as `[object Object]`. One without text made the observer throw
it.each<[string, unknown, string]>([
  ["an error", new RangeError("out of range"), "out of range"],
  ["an error of this library", new PubsubError("INVALID_DATA", "no data"), "no data"],
  ["a string", "plain text", "plain text"],
  ["an object with a message", { code: "DELIVERY_ABANDONED", message: "throttled (429)" }, "throttled (429)"],
  ["an object without a message", { secret: "payload" }, "a value of type object"],
  ["an object that cannot be converted to text", Object.create(null), "a value of type object"],
  ["undefined", undefined, "undefined"],
  ["a number", 5, "5 (number)"],
])("logs a background failure caused by %s as an Error with a message", (_, error, message) => {
  const fields = loggedFor(error);
  expect(fields.stage).toBe("authorize");
  expect(fields.error).toBeInstanceOf(Error);
  expect(fields.error?.message).toBe(message);
});
