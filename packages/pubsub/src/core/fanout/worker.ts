import type { LimiterOf } from "../delivery/limiters.ts";
import type { Ports } from "../ports.ts";
import type { ClaimGuess } from "./claim-guess.ts";

/** What the fan-out works with: the ports, the state of the process, and the time limits of the invocation. */
export interface FanoutContext extends Ports {
  limiterOf: LimiterOf;
  settings: FanoutSettings;
  /** When this invocation stops beginning new work. */
  deadlineMs: number;
  /** When this invocation is certainly over. */
  leaseUntilMs: number;
  /** When posts that have no result are given up. By default shortly before the lease ends. */
  giveUpAtMs?: number;
  /** What the process remembers of its topics, if it handles many messages. */
  claimGuess?: ClaimGuess;
  /** Whether the message was received or sent before, so that a worker has perhaps claimed or done some of its work. */
  again?: true;
  /**
   * Whether the publisher itself does the work, right after its append. Nobody else can have begun it, and the publisher
   * abandons nothing: a worker does, which may write dead letters.
   */
  inline?: true;
}

export interface FanoutSettings {
  /** Consumers per part: the most that a killed worker repeats. docs/decisions/0009 has the measurements. */
  partSize: number;
  /** Attempts before the delivery to a consumer is abandoned. The short retries within an attempt do not count. */
  maxAttempts: number;
}

export const FANOUT_SETTINGS_DEFAULT: FanoutSettings = { partSize: 1_000, maxAttempts: 8 };

/** The offsets that another worker holds a lease on. If there are any, the message must be delivered again. */
export interface Handled {
  leased: readonly number[];
}
