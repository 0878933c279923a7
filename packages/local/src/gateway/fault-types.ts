import type { FaultRule } from "../faults/fault-rule.ts";

/**
 * Injects faults. Each call adds a rule and returns its disposer. Rules of a kind are asked in the order
 * they were added and the first that matches wins: it has `times` left, then its `match` says yes, then its
 * `rate` draws. Only a rule that wins uses up one of its `times`.
 */
export interface GatewayFaults {
  /** Asked once for every POST that is authenticated and not too large, before any limit is applied. */
  post(fault: PostFault): () => void;
  /** The `$disconnect` invocation is lost, as API Gateway's best effort allows. */
  disconnect(fault: DisconnectFault): () => void;
  connect(fault: ConnectFault): () => void;
  /** Removes every rule. */
  clear(): void;
}

export interface PostSubject {
  connectionId: string;
  body: Buffer;
  /** 1 for the first POST to this connection id that was asked about, open or not. */
  attempt: number;
  /** The same over all connection ids. */
  total: number;
  /** How long ago the connection was opened; absent when there is none. */
  ageMs?: number;
  /** The session token that the POST is signed with: of a worker its function's name and process id, as `fanout/123`. */
  caller: string;
}

/** At least one of `answer`, `act` and `delayMs`; `answer` and `act` exclude each other. */
export interface PostFault extends FaultRule<PostSubject> {
  /** Returned instead of the real response. The frame is not sent. */
  answer?: FaultAnswer;
  act?: PostFaultAct;
  /** Waited first, before the limits are applied and the frame is sent. */
  delayMs?: number;
}

/**
 * - `lose-frame`: limits and response are as usual, but the frame never arrives
 * - `reset`: the caller's socket is reset before anything is done
 * - `reset-after-delivery`: everything is as usual, but a reset replaces the response
 * - `cut-answer`: everything is as usual, but the response breaks off in its body
 * - `hang`: nothing is done, and no response is sent
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
  /** The `x-amzn-errortype` header, e.g. `LimitExceededException`. */
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
  /** Returned to the handshake. `$connect` is not invoked. */
  answer?: FaultAnswer;
  /** Waited after `$connect` has returned and before the connection is usable: the 410 race, widened. */
  delayMs?: number;
}

/** Rules to start with. */
export interface InitialFaults {
  post?: PostFault[];
  disconnect?: DisconnectFault[];
  connect?: ConnectFault[];
}
