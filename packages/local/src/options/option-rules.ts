import { isRecord, type OptionRule, wholeNumber } from "../../../pubsub/src/core/options/option-rules.ts";

export type { OptionGroup, OptionRule, OptionRules } from "../../../pubsub/src/core/options/option-rules.ts";
export {
  anyObject,
  callable,
  flag,
  httpUrl,
  isRecord,
  list,
  oneOf,
  text,
  wholeNumber,
} from "../../../pubsub/src/core/options/option-rules.ts";

export const textRecord: OptionRule = {
  expected: "an object of strings",
  accepts: (value) => isRecord(value) && Object.values(value).every((item) => typeof item === "string"),
};

export const positiveNumber: OptionRule = {
  expected: "a finite number above 0",
  accepts: (value) => Number.isFinite(value) && Number(value) > 0,
};

export const positiveInteger: OptionRule = {
  expected: "an integer above 0",
  accepts: (value) => Number.isSafeInteger(value) && Number(value) > 0,
};

export const durationMs: OptionRule = {
  expected: "a finite number of milliseconds, 0 or more",
  accepts: (value) => Number.isFinite(value) && Number(value) >= 0,
};

export const fraction: OptionRule = {
  expected: "a number from 0 to 1",
  accepts: (value) => typeof value === "number" && value >= 0 && value <= 1,
};

export const port: OptionRule = wholeNumber(1, 65_535);

export const portChoice: OptionRule = {
  expected: `${port.expected}, or { prefer: N } for that port or a free one`,
  accepts: (value) =>
    port.accepts(value) || (isRecord(value) && Object.keys(value).length === 1 && port.accepts(value.prefer)),
};
