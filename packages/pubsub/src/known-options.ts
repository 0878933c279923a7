import { assertObject, invalid } from "./config.ts";
import { PubsubError } from "./errors.ts";

/** Throws `INVALID_ARGUMENT` for options that are no object, or that name something unknown. */
export function knownOptions(caller: string, options: unknown, known: readonly string[]): void {
  assertObject(`the options of ${caller}`, options);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new PubsubError("INVALID_ARGUMENT", `${caller} has no option ${key}; it has ${known.join(", ")}`);
    }
  }
}

export function booleanOption(name: string, value: unknown, byDefault: boolean): boolean {
  if (value === undefined) return byDefault;
  if (typeof value !== "boolean") throw invalid(name, "true or false", value);
  return value;
}

export function wholeNumber(name: string, value: unknown, max: number): number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max) return value as number;
  throw invalid(name, `a whole number from 1 to ${max}`, value);
}

export function assertWhole(name: string, value: unknown, min: number): void {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min) {
    throw invalid(name, `a whole number from ${min}`, value);
  }
}
