import { PubsubLocalError } from "./errors.ts";

export interface OptionRule {
  expected: string;
  accepts(value: unknown): boolean;
}
export interface OptionGroup {
  group: OptionRules;
}
export type OptionRules = Readonly<Record<string, OptionRule | OptionGroup>>;

/** Throws on an unknown or unfit option, naming it, what was expected and what was given. */
export function checkOptions(subject: string, options: unknown, rules: OptionRules): void {
  checkGroup(subject, "", options, rules);
}

function checkGroup(subject: string, prefix: string, options: unknown, rules: OptionRules): void {
  if (!isRecord(options)) {
    const name = prefix === "" ? "options" : prefix.slice(0, -1);
    throw invalid(subject, name, "must be an object", options);
  }
  for (const [key, value] of Object.entries(options)) {
    const name = prefix + key;
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined) {
      throw invalid(subject, name, `is unknown (known: ${Object.keys(rules).join(", ")})`, value);
    }
    if (value === undefined) continue;
    if ("group" in rule) checkGroup(subject, `${name}.`, value, rule.group);
    else if (!rule.accepts(value)) throw invalid(subject, name, `must be ${rule.expected}`, value);
  }
}

function invalid(subject: string, option: string, problem: string, value: unknown): PubsubLocalError {
  return new PubsubLocalError(
    "INVALID_OPTION",
    `${subject}: option "${option}" ${problem}, got ${describe(value)}`,
    { context: { option } },
  );
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return `${text.length > 80 ? `${text.slice(0, 80)}…` : text} (${Array.isArray(value) ? "array" : typeof value})`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const text: OptionRule = {
  expected: "a non-empty string",
  accepts: (value) => typeof value === "string" && value.length > 0,
};

export const callable: OptionRule = {
  expected: "a function",
  accepts: (value) => typeof value === "function",
};

export const anyObject: OptionRule = { expected: "an object", accepts: isRecord };

export const textRecord: OptionRule = {
  expected: "an object of strings",
  accepts: (value) => isRecord(value) && Object.values(value).every((item) => typeof item === "string"),
};

export const httpUrl: OptionRule = {
  expected: "an http(s) URL",
  accepts: (value) => typeof value === "string" && /^https?:$/.test(URL.parse(value)?.protocol ?? ""),
};

export function integer(minimum: number, maximum: number): OptionRule {
  return {
    expected: `an integer between ${minimum} and ${maximum}`,
    accepts: (value) => Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
  };
}

export const port: OptionRule = integer(1, 65_535);
