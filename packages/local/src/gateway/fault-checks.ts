import {
  type ConnectFault,
  type DisconnectFault,
  type FaultAnswer,
  type FaultRule,
  type PostFault,
  postFaultActs,
} from "./fault-types.ts";
import {
  type Check,
  durationMs,
  fraction,
  functionValue,
  nonEmptyString,
  objectValue,
  positiveInteger,
  validateObject,
} from "./validate.ts";

const ruleChecks: Record<keyof FaultRule<unknown>, Check> = {
  match: functionValue,
  rate: fraction,
  times: positiveInteger,
  random: functionValue,
};

const answerChecks: Record<keyof FaultAnswer, Check> = {
  status: {
    required: true,
    expected: "an HTTP status from 200 to 599",
    test: (value) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599,
  },
  errorType: nonEmptyString,
  headers: objectValue,
  body: { expected: "a string", test: (value) => typeof value === "string" },
};

const postChecks: Record<keyof PostFault, Check> = {
  ...ruleChecks,
  answer: objectValue,
  act: {
    expected: `one of ${postFaultActs.join(", ")}`,
    test: (value) => postFaultActs.some((act) => act === value),
  },
  delayMs: durationMs,
};

const connectChecks: Record<keyof ConnectFault, Check> = {
  ...ruleChecks,
  answer: objectValue,
  delayMs: durationMs,
};

export function checkPostFault(fault: PostFault): void {
  validateObject("faults.post", fault, postChecks);
  if (fault.answer !== undefined) validateObject("faults.post.answer", fault.answer, answerChecks);
  if (fault.answer !== undefined && fault.act !== undefined) {
    throw new TypeError("faults.post takes one of answer and act, got both");
  }
  if (fault.answer === undefined && fault.act === undefined && fault.delayMs === undefined) {
    throw new TypeError("faults.post needs one of answer, act and delayMs, got none");
  }
}

export function checkDisconnectFault(fault: DisconnectFault): void {
  validateObject("faults.disconnect", fault, ruleChecks);
}

export function checkConnectFault(fault: ConnectFault): void {
  validateObject("faults.connect", fault, connectChecks);
  if (fault.answer !== undefined) validateObject("faults.connect.answer", fault.answer, answerChecks);
  if (fault.answer === undefined && fault.delayMs === undefined) {
    throw new TypeError("faults.connect needs one of answer and delayMs, got none");
  }
}
