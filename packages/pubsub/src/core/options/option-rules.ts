/** Says which values an option accepts, and how an error message describes them. */
export interface OptionRule {
  expected: string;
  accepts(value: unknown): boolean;
  /** Whether the option must be given. */
  required?: boolean;
  /** Whether error messages must not contain the value. */
  secret?: boolean;
}

/** An option whose value is an object with further options. */
export interface OptionGroup {
  group: OptionRules;
  required?: boolean;
}

export type OptionRules = Readonly<Record<string, OptionRule | OptionGroup>>;

/** Requires a rule for each of these options. An option without a rule does not compile. */
export type RulesFor<Options> = { readonly [Name in keyof Required<Options>]: OptionRule | OptionGroup };

/** Accepts every value, because the code that uses the option checks it and throws a more specific error code. */
export const checkedLater: OptionRule = { expected: "any value", accepts: () => true };

export const text: OptionRule = {
  expected: "a non-empty string",
  accepts: (value) => typeof value === "string" && value !== "",
};

export const flag: OptionRule = {
  expected: "true or false",
  accepts: (value) => typeof value === "boolean",
};

export const callable: OptionRule = {
  expected: "a function",
  accepts: (value) => typeof value === "function",
};

export const list: OptionRule = { expected: "an array", accepts: Array.isArray };

export const anyObject: OptionRule = { expected: "an object", accepts: isRecord };

export const httpUrl: OptionRule = {
  expected: "an http(s) URL",
  accepts: (value) =>
    typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
};

export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): OptionRule {
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  return {
    expected: `a whole number ${range}`,
    accepts: (value) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max,
  };
}

export function numberBetween(min: number, max: number): OptionRule {
  return {
    expected: `a number from ${min} to ${max}`,
    accepts: (value) => typeof value === "number" && value >= min && value <= max,
  };
}

export function oneOf(names: readonly string[]): OptionRule {
  return {
    expected: `one of ${names.join(", ")}`,
    accepts: (value) => names.some((name) => name === value),
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
