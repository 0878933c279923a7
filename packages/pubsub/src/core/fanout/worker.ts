import type { LimiterOf } from "../delivery/limiters.ts";
import type { LogSettings } from "../log/log-settings.ts";
import type { Ports } from "../ports.ts";
import type { StoredEvent } from "../types.ts";
import type { ClaimGuess } from "./claim-guess.ts";
import type { PendingConsumer } from "./message.ts";

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
  /** How long the log keeps what the worker itself publishes: who the members of a topic are. Default: a day. */
  logSettings?: LogSettings;
  /** Whether the message was received or sent before, so that a worker has perhaps claimed or done some of its work. */
  again?: true;
  /**
   * When the consumers of the part at work were read from the index, by this process's clock. Absent if that is unknown, or
   * was before the message was received for the first time.
   */
  readAtMs?: number;
  /**
   * Whether the publisher itself does the work, right after its append. Nobody else can have begun it, and the publisher
   * abandons nothing: a worker does, which may write dead letters.
   */
  inline?: true;
  /** The consumers that are missing from a list that was read before the append. Absent if it was read after it. */
  unread?: (
    events: readonly StoredEvent[],
    known: readonly PendingConsumer[],
  ) => Promise<readonly PendingConsumer[]>;
}

export const LOG_SETTINGS_DEFAULT: LogSettings = { retentionSeconds: 86_400 };

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
