import type { FaultRule } from "../faults/fault-rule.ts";

/**
 * Injects faults. Each call adds a rule and returns a function that removes it. The gateway tries the rules of a kind
 * in the order in which they were added, and the first that hits wins. A rule hits if it has `times` left, its `match`
 * returns true, and the draw by its `rate` succeeds. Only a rule that hits uses up one of its `times`.
 */
export interface GatewayFaults {
  /** Applies to POSTs that are authenticated and not too large, before any limit is applied. */
  post(fault: PostFault): () => void;
  /** Drops the `$disconnect` invocation: API Gateway delivers it only with best effort. */
  disconnect(fault: DisconnectFault): () => void;
  /** Applies to handshakes. */
  connect(fault: ConnectFault): () => void;
  /** Removes every rule. */
  clear(): void;
}

export interface PostSubject {
  connectionId: string;
  body: Buffer;
  /** The number of this POST among those to its connection id, from 1, whether the connection is open or not. */
  attempt: number;
  /** The number of this POST among those to all connection ids, from 1. */
  total: number;
  /** The time since the connection was opened. Absent if no such connection exists. */
  ageMs?: number;
  /**
   * The session token that signed the POST. A worker's token is its function's name and process id, as `fanout/123`.
   */
  caller: string;
}

/** At least one of `answer`, `act` and `delayMs`; `answer` and `act` exclude each other. */
export interface PostFault extends FaultRule<PostSubject> {
  /** The response to return instead of the real one. The frame is not sent. */
  answer?: FaultAnswer;
  act?: PostFaultAct;
  /** How long to wait before the limits are applied and the frame is sent. */
  delayMs?: number;
}

/**
 * - `lose-frame`: limits and response are as usual, but the frame is never sent
 * - `reset`: the gateway resets the caller's socket before it does anything else
 * - `reset-after-delivery`: the frame is sent as usual, but the caller gets a reset instead of the response
 * - `cut-answer`: the frame is sent as usual, but the response breaks off in its body
 * - `hang`: the gateway does nothing and sends no response
 */
export type PostFaultAct = (typeof postFaultActs)[number];
export const postFaultActs: readonly ["lose-frame", "reset", "reset-after-delivery", "cut-answer", "hang"] = [
  "lose-frame",
  "reset",
  "reset-after-delivery",
  "cut-answer",
  "hang",
];

export interface FaultAnswer {
  status: number;
  /** The `x-amzn-errortype` header, for example `LimitExceededException`. */
  errorType?: string;
  headers?: Record<string, string>;
  /** Default: a JSON body with a `message`. */
  body?: string;
}

export interface DisconnectSubject {
  connectionId: string;
  statusCode: number;
}

export type DisconnectFault = FaultRule<DisconnectSubject>;

export interface ConnectSubject {
  connectionId: string;
  url: string;
}

/** At least one of `answer` and `delayMs`. */
export interface ConnectFault extends FaultRule<ConnectSubject> {
  /** The response to return to the handshake. `$connect` is not invoked. */
  answer?: FaultAnswer;
  /**
   * How long to wait after `$connect` has returned and before the connection is usable. Posts get 410 in this time, as
   * in the race on AWS.
   */
  delayMs?: number;
}

/** The rules that exist from the start. */
export interface InitialFaults {
  post?: PostFault[];
  disconnect?: DisconnectFault[];
  connect?: ConnectFault[];
}
