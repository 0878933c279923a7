import { checkOptions } from "../options/check-options.ts";
import { durationMs, type OptionRules, oneOf } from "../options/option-rules.ts";
import { type FaultRule, faultRuleOptions } from "./fault-rule.ts";
import { createFaultRules, type FaultRules } from "./fault-rules.ts";

/** A message that the event source mapping has received and is about to hand to the function. */
export interface MessageSubject {
  messageId: string;
  body: string;
  /** This time included. */
  receiveCount: number;
}

export interface MessageFault extends FaultRule<MessageSubject> {
  act: MessageFaultAct;
  /** When: counted from the moment the message was received. Default 0; nothing to `fail`. */
  delayMs?: number;
}

/**
 * - `duplicate`: the function is given the message a second time, whatever becomes of the first
 * - `hold`: the function gets the message later, after others
 * - `expire`: the message's visibility runs out, so that the queue gives it out again while it is worked on
 * - `fail`: the message is not deleted, whatever the function says of it
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
