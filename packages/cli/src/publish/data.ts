import { text } from "node:stream/consumers";
import { UsageError } from "../usage-error.ts";

/** Returns what an argument stands for: itself, or standard input for `-`. */
export const readData = async (argument: string): Promise<string> =>
  argument === "-" ? text(process.stdin) : argument;

/**
 * Returns the data to publish: JSON if the text is JSON. Throws `UsageError` for text that begins like an object, an array
 * or a string and is not JSON, because subscribers would get it as text although a comma is all that is wrong.
 */
export function dataOf(given: string, isText: boolean): unknown {
  if (isText) return given;
  try {
    return JSON.parse(given) as unknown;
  } catch (cause) {
    if (!/^\s*[[{"]/.test(given)) return given;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`DATA begins like JSON and is not JSON: ${reason}. --text publishes it as text`, {
      cause,
    });
  }
}
