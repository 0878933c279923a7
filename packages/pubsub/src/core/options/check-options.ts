import { describeValue, PubsubError } from "../errors.ts";
import { isRecord, type OptionRule, type OptionRules, type RulesFor } from "./option-rules.ts";

/** Creates the error for a rejected option. */
export type RejectOption = (message: string, option: string) => Error;

/**
 * Checks the options of a call, a handler or a command. It throws for an option that the rules do not name, for a
 * required option that is missing, and for an invalid value. The message names the option, the expected value and the
 * actual one.
 *
 * @param subject whose options these are: `publishToTopic`
 */
export function checkOptions<Options extends object>(
  subject: string,
  options: Options,
  rules: RulesFor<Options>,
): void {
  checkOptionGroup(subject, options, rules, (message) => new PubsubError("INVALID_ARGUMENT", message));
}

/** The same for options of any type, with another error. */
export function checkOptionGroup(
  subject: string,
  options: unknown,
  rules: OptionRules,
  reject: RejectOption,
): void {
  checkGroup({ subject, reject, prefix: "" }, options, rules);
}

interface Checking {
  subject: string;
  reject: RejectOption;
  /** The path to this group: `fanout.` */
  prefix: string;
}

function checkGroup({ subject, reject, prefix }: Checking, options: unknown, rules: OptionRules): void {
  // If an option's name is misspelt, or a value replaces the whole group, that value can still be the secret
  const secret = Object.values(rules).some((rule) => "secret" in rule && rule.secret === true);
  if (!isRecord(options)) {
    const name = prefix === "" ? `the options of ${subject}` : prefix.slice(0, -1);
    throw reject(mustBe(name, { expected: "an object", secret }, options), name);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(rules, name)) continue;
    const group = prefix === "" ? subject : prefix.slice(0, -1);
    throw reject(`${group} has no option ${name}; it has ${Object.keys(rules).join(", ")}`, prefix + name);
  }
  for (const [key, rule] of Object.entries(rules)) {
    const name = prefix + key;
    const value = options[key];
    if ("group" in rule) {
      if (value !== undefined || rule.required)
        checkGroup({ subject, reject, prefix: `${name}.` }, value, rule.group);
    } else if (value === undefined ? rule.required === true : !rule.accepts(value)) {
      throw reject(mustBe(name, rule, value), name);
    }
  }
}

function mustBe(
  name: string,
  { expected, secret }: Pick<OptionRule, "expected" | "secret">,
  value: unknown,
): string {
  const isHidden = secret === true && value !== undefined;
  const got = isHidden ? `a value of type ${typeof value}` : describeValue(value);
  return `${name} must be ${expected}; got ${got}`;
}

/** The message for an option with a problem that a rule cannot express, for example `must return an object`. */
export const describeProblem = (option: string, problem: string, value: unknown): string =>
  `${option} ${problem}; got ${describeValue(value)}`;

/** The error of an argument that is checked on its own. */
export function invalid(name: string, expected: string, actual: unknown): PubsubError {
  return new PubsubError("INVALID_ARGUMENT", describeProblem(name, `must be ${expected}`, actual));
}
