import { checkOptionGroup, describeProblem } from "../../../pubsub/src/core/options/check-options.ts";
import { PubsubLocalError } from "../errors.ts";
import type { OptionRules } from "./option-rules.ts";

/**
 * Throws for an unknown, missing or invalid option. The message names the option, the expected value and the actual
 * one. The checker is the library's own, which the build copies into this package.
 */
export function checkOptions(subject: string, options: unknown, rules: OptionRules): void {
  checkOptionGroup(subject, options, rules, reject);
}

/** Creates the error for a problem that a rule cannot express, for example `must return an object`. */
export const invalidOption = (option: string, problem: string, value: unknown): PubsubLocalError =>
  reject(describeProblem(option, problem, value), option);

const reject = (message: string, option: string): PubsubLocalError =>
  new PubsubLocalError("INVALID_OPTION", message, { context: { option } });
