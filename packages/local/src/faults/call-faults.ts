import { checkOptions } from "../options/check-options.ts";
import { durationMs, type OptionRules, oneOf, text } from "../options/option-rules.ts";
import { type CallFault, type CallSubject, callFaultActs } from "./call-fault-types.ts";
import { faultRuleOptions, invalidFault } from "./fault-rule.ts";
import { createFaultRules } from "./fault-rules.ts";

/** A response of the stack's own, which the caller gets instead of the service's. */
export interface InjectedResponse {
  status: number;
  body: Record<string, unknown>;
  headers?: Readonly<Record<string, string>>;
}

/** What the proxy between the caller and the service does with one call. */
export interface Intervention {
  delayMs?: number;
  /** What the caller gets. The call does not reach the service. */
  instead?: InjectedResponse | "reset" | "hang";
  /** The call is made, but the caller gets no response. */
  loseAnswer?: boolean;
  /** The body that the service gets instead of the caller's. */
  request?: Record<string, unknown>;
  /** Changes the service's response before the caller gets it. Errors pass unchanged. */
  answer?(response: Record<string, unknown>): Record<string, unknown>;
}

export interface CallFaults<Fault> {
  add(fault: Fault): () => void;
  clear(): void;
  /** Returns undefined if no rule hits. `body` is only called if rules exist. */
  intervene(call: Omit<CallSubject, "body">, body: () => Record<string, unknown>): Intervention | undefined;
}

export interface CallFaultsOptions<Fault> {
  /** The name of the rule in error messages. */
  subject: string;
  errorNames: readonly string[];
  /** Further faults that only this service has. */
  ownOptions?: OptionRules;
  /** Returns false if a rule cannot apply to a call. */
  concerns?(fault: Fault, call: CallSubject): boolean;
  interventionOf(fault: Fault, call: CallSubject): Intervention;
}

/** Creates the rules for calls of one service. The gateway has the same for posts. */
export function createCallFaults<Fault extends CallFault<string>>({
  subject,
  errorNames,
  ownOptions = {},
  concerns = () => true,
  interventionOf,
}: CallFaultsOptions<Fault>): CallFaults<Fault> {
  const options: OptionRules = {
    ...faultRuleOptions,
    operations: {
      expected: "a list of operations' names, at least one",
      accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(text.accepts),
    },
    error: oneOf(errorNames),
    act: oneOf(callFaultActs),
    delayMs: durationMs,
    ...ownOptions,
  };
  const excluding = ["error", "act", ...Object.keys(ownOptions)];
  const rules = createFaultRules<CallSubject, Fault>(() => {});

  function check(fault: Fault): void {
    checkOptions(subject, fault, options);
    const given = Object.keys(fault).filter((key) => fault[key as keyof Fault] !== undefined);
    const acts = given.filter((key) => excluding.includes(key));
    const names = excluding.join(", ");
    if (acts.length > 1) throw invalidFault(subject, `takes one of ${names}, got ${acts.join(" and ")}`);
    if (acts.length === 0 && fault.delayMs === undefined) {
      throw invalidFault(subject, `needs one of ${names} and delayMs, got none`);
    }
  }

  return {
    add(fault) {
      check(fault);
      const { operations } = fault;
      return rules.add({
        ...fault,
        match: (call: CallSubject) =>
          (operations?.includes(call.operation) ?? true) &&
          concerns(fault, call) &&
          (fault.match?.(call) ?? true),
      });
    },
    clear: rules.clear,
    intervene(call, body) {
      if (rules.isEmpty()) return undefined;
      const subjectOfRules = { ...call, body: body() };
      const fault = rules.hit(subjectOfRules);
      if (fault === undefined) return undefined;
      const { act, delayMs } = fault;
      const delay = delayMs === undefined ? {} : { delayMs };
      if (act === "reset" || act === "hang") return { ...delay, instead: act };
      if (act === "lose-answer") return { ...delay, loseAnswer: true };
      return { ...delay, ...interventionOf(fault, subjectOfRules) };
    },
  };
}

/** Returns a random choice from a batch: at least one entry and, if there are two or more, not all. */
export function someOf<Entry>(entries: readonly Entry[], random: () => number = Math.random): Entry[] {
  const always = Math.floor(random() * entries.length);
  const never = (always + 1) % entries.length;
  return entries.filter((_, index) => index === always || (index !== never && random() < 0.5));
}
