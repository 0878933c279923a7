export const text: OptionRule = {
  expected: "a non-empty string",
  accepts: (value) => typeof value === "string" && value !== "",
};

export const httpUrl: OptionRule = {
  expected: "an http(s) URL",
  accepts: (value) => typeof value === "string" && /^https?:$/.test(URL.parse(value)?.protocol ?? ""),
};

export const callable: OptionRule = {
  expected: "a function",
  accepts: (value) => typeof value === "function",
};

export const trueOrFalse: OptionRule = {
  expected: "true or false",
  accepts: (value) => typeof value === "boolean",
};

export const list: OptionRule = { expected: "an array", accepts: Array.isArray };

export const anyObject: OptionRule = { expected: "an object", accepts: isRecord };

export const textRecord: OptionRule = {
  expected: "an object of strings",
  accepts: (value) => isRecord(value) && Object.values(value).every((item) => typeof item === "string"),
};

export const positiveNumber: OptionRule = {
  expected: "a finite number above 0",
  accepts: (value) => Number.isFinite(value) && Number(value) > 0,
};

export const positiveInteger: OptionRule = {
  expected: "an integer above 0",
  accepts: (value) => Number.isSafeInteger(value) && Number(value) > 0,
};

export const durationMs: OptionRule = {
  expected: "a finite number of milliseconds, 0 or more",
  accepts: (value) => Number.isFinite(value) && Number(value) >= 0,
};

export const fraction: OptionRule = {
  expected: "a number from 0 to 1",
  accepts: (value) => typeof value === "number" && value >= 0 && value <= 1,
};

export const port: OptionRule = integer(1, 65_535);

export function oneOf(names: readonly string[]): OptionRule {
  return {
    expected: `one of ${names.join(", ")}`,
    accepts: (value) => names.some((name) => name === value),
  };
}

export function integer(minimum: number, maximum: number): OptionRule {
  return {
    expected: `an integer between ${minimum} and ${maximum}`,
    accepts: (value) => Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export type OptionRules = Readonly<Record<string, OptionRule | OptionGroup>>;

export interface OptionRule {
  expected: string;
  accepts(value: unknown): boolean;
  /** Whether it must be given. */
  required?: boolean;
  /** Its value is kept out of messages. */
  secret?: boolean;
}

/** An object whose own options are checked in turn. */
export interface OptionGroup {
  group: OptionRules;
}
