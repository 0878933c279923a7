import type { HttpAnswer } from "./http-answer.ts";

/** How an exchange ended: with an answer, or with the reason why there is none. */
export type Exchanged = HttpAnswer | ExchangeFailure;

export interface ExchangeFailure {
  kind: ExchangeFailureKind;
  /** What happened, for a log. */
  problem: string;
  /** Whether the same request can succeed later. */
  retryable: boolean;
}

/**
 * `no-connection`: nothing was sent, so another try can't repeat anything. `broken-connection`: the connection ended
 * before the answer did. `no-answer`: the time ran out. `bad-answer`: what came is no answer to this request.
 * After the last three, nobody knows whether the other side acted on the request.
 */
export type ExchangeFailureKind = "no-connection" | "broken-connection" | "no-answer" | "bad-answer";

export const exchangeFailure = (
  kind: ExchangeFailureKind,
  problem: string,
  retryable: boolean = true,
): ExchangeFailure => ({ kind, problem, retryable });
