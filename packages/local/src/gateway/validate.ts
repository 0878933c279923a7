/** What one option must be. `secret` keeps its value out of the message. */
export interface Check {
  expected: string;
  test(value: unknown): boolean;
  required?: boolean;
  secret?: boolean;
}

/** Throws a TypeError naming the option, what it must be, and what it is, for the first one that is wrong. */
export function validateObject(name: string, value: unknown, checks: Readonly<Record<string, Check>>): void {
  if (!isPlainObject(value)) throw new TypeError(`${name} must be an object, got ${describe(value)}`);
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(checks, key)) {
      const known = Object.keys(checks).join(", ");
      throw new TypeError(`${name}.${key} is not an option; expected one of: ${known}`);
    }
  }
  for (const [key, check] of Object.entries(checks)) {
    const actual = value[key];
    if (actual === undefined ? check.required !== true : check.test(actual)) continue;
    const shown = check.secret === true ? `a value of type ${typeof actual}` : describe(actual);
    throw new TypeError(`${name}.${key} must be ${check.expected}, got ${shown}`);
  }
}

export const positiveInteger: Check = {
  expected: "an integer above 0",
  test: (value) => Number.isSafeInteger(value) && Number(value) > 0,
};

export const wholeNumber: Check = {
  expected: "an integer, 0 or more",
  test: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
};

export const positiveNumber: Check = {
  expected: "a finite number above 0",
  test: (value) => Number.isFinite(value) && Number(value) > 0,
};

export const durationMs: Check = {
  expected: "a finite number of milliseconds, 0 or more",
  test: (value) => Number.isFinite(value) && Number(value) >= 0,
};

export const fraction: Check = {
  expected: "a number from 0 to 1",
  test: (value) => typeof value === "number" && value >= 0 && value <= 1,
};

export const nonEmptyString: Check = {
  expected: "a non-empty string",
  test: (value) => typeof value === "string" && value !== "",
};

export const functionValue: Check = {
  expected: "a function",
  test: (value) => typeof value === "function",
};

export const objectValue: Check = { expected: "an object", test: isPlainObject };

export const arrayValue: Check = { expected: "an array", test: Array.isArray };

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object" || typeof value === "function") return typeof value;
  return `${typeof value === "string" ? JSON.stringify(value) : String(value)} (${typeof value})`;
}
