import { atMostFor } from "../core/at-most-for.ts";
import type { Observe } from "../core/pipeline-events.ts";
import { systemClock } from "../core/system-clock.ts";
import type { Consumer } from "../core/types.ts";
import { labelsOf } from "./labels-of.ts";

export interface ValidateRequest {
  topicId: string;
  /** Any JSON value. */
  data: unknown;
  /** The connection that publishes. Absent if no WebSocket connection does. */
  consumer?: Consumer | undefined;
}

type ValidateResult = true | undefined | string;

/**
 * Accepts the data if it returns `true` or nothing. A text refuses it, and is the reason that the client receives with
 * `INVALID_DATA`; it is cut after 1,000 characters. If the hook throws, returns any other value, or takes too long, it has
 * not decided: nothing is written, and the client may try again (`VALIDATE_FAILED`).
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a function without a return statement accepts too
export type Validate = (request: ValidateRequest) => ValidateResult | void | Promise<ValidateResult | void>;

/** Our own limit. The reason is for a person or for a program of the same owner, and not for a copy of the data. */
const REASON_LENGTH_MAX = 1_000;

export interface ValidateSettings {
  validate: Validate | undefined;
  timeoutMs: number;
  observe: Observe;
}

export type Validity =
  | { verdict: "valid" }
  | { verdict: "invalid"; reason: string }
  | { verdict: "undecided" };

/** Asks the hook, and reports if it could not decide. The log gets neither the data nor the hook's own words. */
export async function validateData(
  { validate, timeoutMs, observe }: ValidateSettings,
  request: ValidateRequest,
): Promise<Validity> {
  if (validate === undefined) return { verdict: "valid" };
  const outcome = await atMostFor(systemClock, timeoutMs, ask(validate, request), {
    undecided: `the hook did not return within ${timeoutMs} ms`,
  });
  if (!("undecided" in outcome)) return outcome;
  const { topicId, consumer } = request;
  observe({ event: "validate-failed", topicId, consumer, reason: outcome.undecided });
  return { verdict: "undecided" };
}

async function ask(validate: Validate, request: ValidateRequest): Promise<Validity | { undecided: string }> {
  try {
    const returned: unknown = await validate(request);
    if (returned === true || returned === undefined) return { verdict: "valid" };
    if (typeof returned !== "string")
      return { undecided: `the hook returned a value of type ${typeof returned}` };
    const reason = returned.slice(0, REASON_LENGTH_MAX).toWellFormed();
    return { verdict: "invalid", reason: reason === "" ? "the data is not valid" : reason };
  } catch (error) {
    return { undecided: `the hook threw ${labelsOf(error)}` };
  }
}
