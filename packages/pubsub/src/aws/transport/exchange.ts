import type { HttpResponse } from "./http-response.ts";

/** How an exchange ended: with a response, or with the reason why there is no response. */
export type Exchanged = HttpResponse | ExchangeFailure;

export interface ExchangeFailure {
  kind: ExchangeFailureKind;
  /** What happened, for a log. */
  problem: string;
  /** Whether the same request can succeed later. */
  retryable: boolean;
}

/**
 * `no-connection`: nothing was sent, so another try cannot repeat anything. `broken-connection`: the connection ended
 * before the response did. `no-answer`: the time ran out. `bad-answer`: what arrived is not a response to this request.
 * After the last three, it is unknown whether the other side acted on the request.
 */
export type ExchangeFailureKind = "no-connection" | "broken-connection" | "no-answer" | "bad-answer";

export const exchangeFailure = (
  kind: ExchangeFailureKind,
  problem: string,
  retryable: boolean = true,
): ExchangeFailure => ({ kind, problem, retryable });
