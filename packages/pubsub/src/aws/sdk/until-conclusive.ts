import type { PubsubError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { awsFailure } from "./aws-failure.ts";
import { kindOfError } from "./error-kind.ts";

/** A try after which the same call has to be made again. */
export interface Inconclusive {
  outcome: "inconclusive";
  /** Thrown if no further try is left. */
  failure: PubsubError;
  /** The longest pause after a first try. It doubles with each further one. */
  pauseMs: number;
}

/** No further try begins after either limit. */
export interface TryLimits {
  maxTries: number;
  /** Counts the calls too, in which the SDK can have paused itself. */
  maxMs: number;
}

/** Our own limits of a write: as long as an append waits for other writers. The pauses are at most 13 seconds of it. */
export const WRITE_LIMITS: TryLimits = { maxTries: 8, maxMs: 15_000 };

/** DynamoDB and SQS count by the second, so the first pause is a part of a second. */
const THROTTLED_PAUSE_MS = 100;
/** Another transaction on the same items ends within milliseconds. */
const CONFLICT_PAUSE_MS = 10;

/**
 * Repeats a call until its outcome is known, after random pauses out of a window that doubles each time. So clients
 * that were throttled together do not come back together.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html#Programming.Errors.RetryAndBackoff
 */
export async function untilConclusive<Conclusive>(
  clock: Clock,
  { maxTries, maxMs }: TryLimits,
  attempt: () => Promise<Conclusive | Inconclusive>,
): Promise<Conclusive> {
  const startedMs = clock.now();
  for (let tries = 1; ; tries++) {
    const tried = await attempt();
    if (!isInconclusive(tried)) return tried;
    if (tries >= maxTries || clock.now() - startedMs >= maxMs) throw tried.failure;
    await clock.sleep(clock.random() * tried.pauseMs * 2 ** (tries - 1));
  }
}

export const throttled = (failure: PubsubError): Inconclusive => ({
  outcome: "inconclusive",
  failure,
  pauseMs: THROTTLED_PAUSE_MS,
});

export const conflicted = (failure: PubsubError): Inconclusive => ({
  outcome: "inconclusive",
  failure,
  pauseMs: CONFLICT_PAUSE_MS,
});

/** Makes a call. A throttled one is inconclusive; every other error is thrown as this library's. */
export async function unlessThrottled<Result>(
  code: "STORAGE_FAILED" | "QUEUE_FAILED",
  operation: string,
  call: () => Promise<Result>,
): Promise<Result | Inconclusive> {
  try {
    return await call();
  } catch (cause) {
    const failure = awsFailure(code, operation, cause);
    if (kindOfError(cause) === "throttled") return throttled(failure);
    throw failure;
  }
}

export function isInconclusive(tried: unknown): tried is Inconclusive {
  return (
    typeof tried === "object" && tried !== null && "outcome" in tried && tried.outcome === "inconclusive"
  );
}
