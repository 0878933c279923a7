import { aNumber, type Check } from "./check.ts";
import { PubsubClientError } from "./errors.ts";
import { LAST_MAX } from "./limits.ts";
import type { TopicOptions } from "./types.ts";

/** The protocol counts whole events. */
const [, isInRange] = aNumber(undefined, 1, LAST_MAX);
export const aLast: Check = [
  `an integer from 1 to ${LAST_MAX}`,
  (value) => Number.isInteger(value) && isInRange(value),
];
export const aLatest: Check = ["true, or omitted", (value) => value === true];

/** Throws `INVALID_ARGUMENT` if options do not fit together. */
export function checkTogether({ load, onState, since, last, latest }: TopicOptions): void {
  const refuse = (what: string): never => {
    throw new PubsubClientError("INVALID_ARGUMENT", `options must have ${what}`);
  };
  if (load && (since || last || latest)) refuse("load without since, last and latest; got more than load");
  if (!load !== !onState) refuse(`both load and onState; got only ${load ? "load" : "onState"}`);
}
