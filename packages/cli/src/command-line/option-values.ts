import { UsageError } from "../usage-error.ts";
import type { OptionSpec } from "./define-command.ts";

/** Returns the value that a command gets for an option with this text. Throws `UsageError`, which begins with `flag`. */
export function optionValue(flag: string, spec: OptionSpec, text: string): string | number | string[] {
  const { value = "a value", choices, number, schemes, list } = spec;
  // `--table --json` is an option whose value was forgotten, and not a table named `--json`
  if (text === "" || text.startsWith("--")) {
    throw new UsageError(
      `${flag} must be followed by ${value}; got ${text === "" ? "nothing" : quoted(text)}`,
    );
  }
  if (choices && !choices.includes(text)) {
    throw new UsageError(`${flag} must be one of ${choices.join(", ")}; got ${quoted(text)}`);
  }
  if (schemes && !(URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)))) {
    const expected = schemes.map((scheme) => `${scheme}://`).join(" or ");
    throw new UsageError(`${flag} must be a URL that begins with ${expected}; got ${quoted(text)}`);
  }
  if (number) return wholeNumber(flag, text, number);
  return list ? text.split(",").map((item) => item.trim()) : text;
}

/** Returns the whole number that the text is. Throws `UsageError`. */
export function wholeNumber(
  name: string,
  text: string,
  { min, max = Number.MAX_SAFE_INTEGER }: { min: number; max?: number },
): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  throw new UsageError(`${name} must be a whole number ${range}; got ${quoted(text)}`);
}

const quoted = (text: string): string => JSON.stringify(text);
