import { PubsubLocalError } from "../errors.ts";
import { callable, fraction, type OptionRule, positiveInteger } from "../options/option-rules.ts";

/** The options that all injected faults share. */
export interface FaultRule<Subject> {
  /** Default: everything. */
  match?(subject: Subject): boolean;
  /** Share of the matches to hit, 0 to 1. Default 1. */
  rate?: number;
  /** How often at most. Default without end. */
  times?: number;
  /** Where `rate` draws from; a seeded one repeats a run. Default `Math.random`. */
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
