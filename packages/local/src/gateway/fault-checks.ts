import { faultRuleOptions, invalidFault } from "../faults/fault-rule.ts";
import { checkOptions } from "../options/check-options.ts";
import {
  anyObject,
  durationMs,
  type OptionGroup,
  type OptionRule,
  oneOf,
  text,
  wholeNumber,
} from "../options/option-rules.ts";
import {
  type ConnectFault,
  type DisconnectFault,
  type FaultAnswer,
  type PostFault,
  postFaultActs,
} from "./fault-types.ts";

const answerRules: Record<keyof FaultAnswer, OptionRule> = {
  status: { ...wholeNumber(200, 599), expected: "an HTTP status from 200 to 599", required: true },
  errorType: text,
  headers: anyObject,
  body: { expected: "a string", accepts: (value) => typeof value === "string" },
};

const postRules: Record<keyof PostFault, OptionRule | OptionGroup> = {
  ...faultRuleOptions,
  answer: { group: answerRules },
  act: oneOf(postFaultActs),
  delayMs: durationMs,
};

const connectRules: Record<keyof ConnectFault, OptionRule | OptionGroup> = {
  ...faultRuleOptions,
  answer: { group: answerRules },
  delayMs: durationMs,
};

export function checkPostFault(fault: PostFault): void {
  checkOptions("faults.post", fault, postRules);
  if (fault.answer !== undefined && fault.act !== undefined) {
    throw invalidFault("faults.post", "takes one of answer and act, got both");
  }
  if (fault.answer === undefined && fault.act === undefined && fault.delayMs === undefined) {
    throw invalidFault("faults.post", "needs one of answer, act and delayMs, got none");
  }
}

export function checkDisconnectFault(fault: DisconnectFault): void {
  checkOptions("faults.disconnect", fault, faultRuleOptions);
}

export function checkConnectFault(fault: ConnectFault): void {
  checkOptions("faults.connect", fault, connectRules);
  if (fault.answer === undefined && fault.delayMs === undefined) {
    throw invalidFault("faults.connect", "needs one of answer and delayMs, got none");
  }
}
