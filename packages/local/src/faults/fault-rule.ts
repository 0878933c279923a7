import { PubsubLocalError } from "../errors.ts";
import { callable, fraction, type OptionRule, positiveInteger } from "../options/option-rules.ts";

/** The options that all injected faults share. */
export interface FaultRule<Subject> {
  /** Returns true for a subject that the rule applies to. Default: all subjects. */
  match?(subject: Subject): boolean;
  /** The share of the matching subjects to hit, 0 to 1. Default 1. */
  rate?: number;
  /** How often the rule hits at most. Default: no limit. */
  times?: number;
  /** The source of random numbers for `rate`. A seeded source makes a run repeatable. Default `Math.random`. */
  random?(): number;
}

export const faultRuleOptions: Record<keyof FaultRule<unknown>, OptionRule> = {
  match: callable,
  rate: fraction,
  times: positiveInteger,
  random: callable,
};

export function invalidFault(subject: string, problem: string): PubsubLocalError {
  return new PubsubLocalError("INVALID_OPTION", `${subject} ${problem}`, { context: { option: subject } });
}
