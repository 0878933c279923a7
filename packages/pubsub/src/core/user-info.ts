import { describeValue } from "./errors.ts";
import { isJson } from "./json.ts";
import { utf8Length } from "./utf8.ts";

/**
 * Our own limit for what other members see of a user, as JSON text. Each of a user's subscription rows has a copy, and
 * the index bills a row's whole size whenever it is read.
 */
export const INFO_BYTES_MAX = 1_024;

/** Returns the JSON text of a user's info, or the problem. Never throws, although the value may have a `toJSON`. */
export function encodeInfo(value: unknown): { text: string } | { problem: string } {
  let text: string | undefined;
  try {
    text = JSON.stringify(value) as string | undefined;
  } catch {}
  if (text === undefined) return { problem: `info must be a JSON value; got ${describeValue(value)}` };
  const bytes = utf8Length(text);
  return bytes <= INFO_BYTES_MAX
    ? { text }
    : { problem: `info must be at most ${INFO_BYTES_MAX} bytes as JSON text; got ${bytes}` };
}

/** Whether a row's attribute is such a text. A row may have been written by hand. */
export const isInfoText = (value: string | undefined): value is string =>
  value !== undefined && utf8Length(value) <= INFO_BYTES_MAX && isJson(value, false);
