import { checkOptions } from "../options/check-options.ts";
import { durationMs, type OptionRules, oneOf } from "../options/option-rules.ts";
import { type FaultRule, faultRuleOptions } from "./fault-rule.ts";
import { createFaultRules, type FaultRules } from "./fault-rules.ts";

/** A message that the event source mapping has received and is about to pass to the function. */
export interface MessageSubject {
  messageId: string;
  body: string;
  /** The number of receives of the message, including this one. */
  receiveCount: number;
}

export interface MessageFault extends FaultRule<MessageSubject> {
  act: MessageFaultAct;
  /** The time from the receive of the message to the act. Default 0. It has no effect on `fail`. */
  delayMs?: number;
}

/**
 * - `duplicate`: the function gets the message a second time, even if it has handled it
 * - `hold`: the function gets the message later, after others
 * - `expire`: the visibility of the message ends, so that the queue delivers it again while the function works on it
 * - `fail`: the message is not deleted, even if the function has handled it
 */
export type MessageFaultAct = (typeof messageFaultActs)[number];
export const messageFaultActs: readonly ["duplicate", "hold", "expire", "fail"] = [
  "duplicate",
  "hold",
  "expire",
  "fail",
];

export type MessageFaults = FaultRules<MessageSubject, MessageFault>;

export function createMessageFaults(): MessageFaults {
  return createFaultRules<MessageSubject, MessageFault>((fault) =>
    checkOptions("faults.messages", fault, options),
  );
}

const options: OptionRules = {
  ...faultRuleOptions,
  act: { ...oneOf(messageFaultActs), required: true },
  delayMs: durationMs,
};
