import { PubsubLocalError } from "../errors.ts";
import { isRecord, type OptionRules } from "./option-rules.ts";

/** Throws for an unknown, missing or invalid option. The message names the option, what was expected and what was given. */
export function checkOptions(subject: string, options: unknown, rules: OptionRules): void {
  checkGroup(subject, "", options, rules);
}

/** The error of an option that is `problem`, e.g. `must be a function`; `secret` keeps the value out of it. */
export function invalidOption(
  subject: string,
  option: string,
  problem: string,
  value: unknown,
  secret = false,
): PubsubLocalError {
  return new PubsubLocalError(
    "INVALID_OPTION",
    `${subject}: option "${option}" ${problem}, got ${describe(value, secret)}`,
    { context: { option } },
  );
}

function checkGroup(subject: string, prefix: string, options: unknown, rules: OptionRules): void {
  // A secret stays out of the message also when its name is misspelt, or when it replaces the whole group.
  const mayBeSecret = Object.values(rules).some((rule) => "secret" in rule && rule.secret === true);
  if (!isRecord(options)) {
    const name = prefix === "" ? "options" : prefix.slice(0, -1);
    throw invalidOption(subject, name, "must be an object", options, mayBeSecret);
  }
  for (const [key, value] of Object.entries(options)) {
    if (Object.hasOwn(rules, key)) continue;
    const problem = `is unknown (known: ${Object.keys(rules).join(", ")})`;
    throw invalidOption(subject, prefix + key, problem, value, mayBeSecret);
  }
  for (const [key, rule] of Object.entries(rules)) {
    const name = prefix + key;
    const value = options[key];
    if ("group" in rule) {
      if (value !== undefined) checkGroup(subject, `${name}.`, value, rule.group);
    } else if (value === undefined ? rule.required === true : !rule.accepts(value)) {
      throw invalidOption(subject, name, `must be ${rule.expected}`, value, rule.secret);
    }
  }
}

function describe(value: unknown, secret: boolean): string {
  if (value === null || value === undefined) return String(value);
  const type = Array.isArray(value) ? "array" : typeof value;
  if (secret) return `a value of type ${type}`;
  const shown = print(value);
  return `${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown} (${type})`;
}

function print(value: unknown): string {
  if (typeof value !== "object" && typeof value !== "string") return String(value);
  try {
    return String(JSON.stringify(value));
  } catch {
    return Object.prototype.toString.call(value); // circular, or with a bigint in it
  }
}
